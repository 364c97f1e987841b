import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Item, Manifest } from "@lamina/codec";
import { buildModel, catalogFolder, type ModelName } from "@lamina/models";
import { endlessLoop, memoryBomb } from "@lamina/onnx/testing";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { probeWrappers, type Wrappers } from "./child-command.ts";
import { ModelHost } from "./model-host.ts";
import type { ModelHostOptions } from "./model-host-options.ts";
import { longestProfile, smallestProfile, tokensToItem } from "./shape-items.ts";
import type { ModelSignature } from "./signature.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

const env = nodeEnv();
const cacheDir = fileURLToPath(new URL("../../../models-cache", import.meta.url));
const packageFolder = fileURLToPath(new URL("..", import.meta.url));
let folder = "";
const NO_WRAPPERS: Wrappers = { network: [], privileges: [], prlimit: false };
let wrappers = NO_WRAPPERS;
const hosts: ModelHost[] = [];

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/lamina-host-`);
  wrappers = await probeWrappers(env);
});
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function hostOf(graph: Uint8Array, signature: ModelSignature, options: Partial<ModelHostOptions> = {}): ModelHost {
  const program = { nodePath: process.execPath, confinement: { uid: 65_533, gid: 65_533 }, limits: { memoryBytesMax: 512 * 2 ** 20 }, wrappers };
  const fixed = {
    model: "test",
    signature,
    readGraph: async () => graph,
    provider: "cpu",
    sessions: 1,
    program,
    emptyFolder: `${folder}/empty`,
  } as const;
  const bounds = { itemsMax: () => 16, addedDelayMaxMs: 0, queueItemsMax: 10_000, runBudgetMs: 2_000, loadBudgetMs: 20_000 };
  const host = new ModelHost({ ...fixed, ...bounds, ...options }, env);
  hosts.push(host);
  return host;
}

async function modelHost(
  name: ModelName,
  options: Partial<ModelHostOptions> = {},
): Promise<{ host: ModelHost; manifest: Manifest; read: (path: string) => Promise<Uint8Array> }> {
  const { manifest, paths } = await buildModel(name, { cacheDir, env, processEnv: process.env as Record<string, string> });
  const read = (path: string) => readFile(paths.get(path) ?? "");
  const host = hostOf(await read(manifest.graph), manifest, { model: name, ...options });
  await host.start();
  return { host, manifest, read };
}

function features(values: readonly number[]): Item {
  return [{ type: 1, dims: [1, values.length], data: new Uint8Array(Float32Array.from(values).buffer) }];
}

const floats = (bytes: Uint8Array) => [...new Float32Array(new Uint8Array(bytes).buffer)];

describe("real models", () => {
  test("digits: scores are multiples of 2^-11, the label is the largest, and batch mates change no bit", async () => {
    const { host } = await modelHost("digits");
    const items = Array.from({ length: 40 }, (_, seed) => features(Array.from({ length: 64 }, (_, pixel) => (pixel * (seed + 3)) % 17)));
    const together = await host.run(1, items);
    expect(together.length).toBe(40);
    for (const [index, item] of items.entries()) {
      const [alone] = await host.run(1, [item]);
      expect(alone).toEqual(together[index]);
      const scores = floats(alone?.[0]?.data ?? new Uint8Array());
      expect(scores.every((score) => Number.isInteger(score * 2 ** 11))).toBe(true);
      expect(alone?.[1]?.data[0]).toBe(scores.indexOf(Math.max(...scores)));
    }
  });

  test.each(["breast-cancer", "digits"] as const)("%s: every golden item, bit for bit as integer arithmetic has it", async (name) => {
    const { host } = await modelHost(name);
    const golden = JSON.parse(await readFile(`${catalogFolder(name)}/golden.json`, "utf8")) as {
      features: number[];
      scores: number[];
      label: number;
    }[];
    const outputs = await host.run(
      1,
      golden.map((each) => features(each.features)),
    );
    expect(outputs.map((output) => floats(output[0]?.data ?? new Uint8Array()))).toEqual(golden.map((each) => each.scores));
    expect(outputs.map((output) => output[1]?.data[0])).toEqual(golden.map((each) => each.label));
  });

  test("minilm: every golden text, from the tokenizer through padding to the embedding", async () => {
    const { host, manifest, read } = await modelHost("minilm-l6-v2", {
      program: { nodePath: process.execPath, confinement: { uid: 65_533, gid: 65_533 }, limits: { memoryBytesMax: 2 ** 30 }, wrappers },
    });
    const tokenizer = new TextTokenizer(await read(manifest.tokenizer?.path ?? ""), { tokensMax: longestProfile(manifest) });
    const goldenPath = fileURLToPath(new URL("../../models/catalog/minilm-l6-v2/golden.json", import.meta.url));
    const golden = JSON.parse(await readFile(goldenPath, "utf8")) as { text: string; tokenIds: number[]; embedding: string }[];
    for (const { text, tokenIds, embedding } of golden) {
      const ids = tokenizer.encode(text);
      expect(ids).toEqual(tokenIds);
      for (const profile of manifest.profiles.filter((each) => (each.inputs[0]?.[1] ?? 0) >= ids.length)) {
        const [output] = await host.run(profile.id, [tokensToItem(manifest, profile, ids)]);
        const expected = floats(Buffer.from(embedding, "hex"));
        const found = floats(output?.[0]?.data ?? new Uint8Array());
        expect(Math.max(...found.map((value, index) => Math.abs(value - (expected[index] ?? Number.NaN))))).toBeLessThan(1e-6);
      }
    }
    expect(() => tokenizer.encode("word ".repeat(300))).toThrow("expected at most 256 tokens, end markers included, found 302");
    expect(() => tokenizer.encode("x".repeat(1_000_000))).toThrow(/at most 256 tokens, found 1000000 characters/);
    expect(tokenizer.wrapIds([7592, 2088])).toEqual([101, 7592, 2088, 102]);
    expect(tokenizer.wrapIds([101, 7592, 2088, 102])).toEqual([101, 7592, 2088, 102]);
    for (const id of [-1, 30_522, 1.5]) expect(() => tokenizer.wrapIds([id])).toThrow(/vocabulary/);
    expect(smallestProfile(manifest, 17)?.id).toBe(2);
    expect(smallestProfile(manifest, 257)).toBeUndefined();
  });
});

describe("confinement", () => {
  test.each(["what the machine offers", "a shell alone"])("by %s, the process has its own user, no environment and limits", async (tools) => {
    const confined = { nodePath: process.execPath, confinement: { uid: 65_533, gid: 65_533 }, limits: { memoryBytesMax: 512 * 2 ** 20 } };
    const { host } = await modelHost("digits", { program: { ...confined, wrappers: tools === "a shell alone" ? NO_WRAPPERS : wrappers } });
    const pid = host.pids()[0];
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const limits = await readFile(`/proc/${pid}/limits`, "utf8");
    if (process.getuid?.() === 0) expect(status).toMatch(/Uid:\t65533\t65533\t65533\t65533/);
    expect(status).toMatch(/CapEff:\t0000000000000000/);
    expect(limits).toMatch(/Max file size +0 /);
    expect(limits).toMatch(/Max core file size +0 /);
    expect(limits).toMatch(/Max open files +64 /);
    expect(limits).toMatch(/Max data size +1847590912 /);
    const environment = await readFile(`/proc/${pid}/environ`, "utf8");
    const names = environment.split("\0").flatMap((line) => line.split("=")[0] || []);
    expect(names.filter((name) => name !== "PWD")).toEqual(["PATH"]);
  });

  test("where the machine allows it, the process has no network and can gain no rights", async () => {
    const { host } = await modelHost("digits");
    const pid = host.pids()[0];
    if (wrappers.network.length > 0) expect((await readFile(`/proc/${pid}/net/dev`, "utf8")).trim().split("\n").length).toBe(3);
    if (wrappers.privileges.length > 0) expect(await readFile(`/proc/${pid}/status`, "utf8")).toMatch(/NoNewPrivs:\t1/);
  });
});

describe("crashes", () => {
  const passings = process.env["LAMINA_LONG"] === "1" ? [2, 3, 4, 5, 7] : [3];
  const kills = ["inference-child.run", "inference-child.answer"].flatMap((place) => passings.map((passing): [string, number] => [place, passing]));

  test.each(kills)("killed at %s, passing %i, a request fails in a way worth another try, and the next is served", async (place, passing) => {
    const { host } = await modelHost("digits", { childEnv: { LAMINA_CRASH_AT: `${place}:${passing}` } });
    const item = features(Array.from({ length: 64 }, () => 5));
    const [first] = await host.run(1, [item]);
    let lost = 0;
    for (let request = 0; request < 3 * passing; request++) {
      // Long enough for a process to be made anew on a busy machine: what is tried is the loss, not the wait.
      const answer = await host.run(1, [item], { waitBudgetMs: 60_000 }).catch((error: unknown) => error);
      if (!(answer instanceof Error)) expect(answer).toEqual([first]);
      else {
        expect(answer).toMatchObject({ code: "CHILD_LOST", retryable: true });
        lost += 1;
      }
    }
    expect(lost).toBeGreaterThan(1);
  });

  test("a parent that dies leaves no process behind, not even one that loops for ever", async () => {
    const script = `
      import { ModelHost, probeWrappers } from "@lamina/inference";
      import { nodeEnv } from "@lamina/primitives/node";
      import { endlessLoop } from "@lamina/onnx/testing";
      const env = nodeEnv();
      const program = { nodePath: process.execPath, confinement: { uid: 65533, gid: 65533 }, limits: { memoryBytesMax: 2 ** 29 }, wrappers: await probeWrappers(env) };
      const signature = { inputs: [{ name: "v", type: 1 }], outputs: [{ name: "y", type: 1 }], profiles: [{ id: 1, inputs: [[1]], outputs: [[1]] }] };
      const host = new ModelHost({ model: "loop", signature, readGraph: async () => endlessLoop(), withoutGate: true, provider: "cpu", sessions: 1, program, emptyFolder: ${JSON.stringify(`${folder}/empty`)},
        itemsMax: () => 1, addedDelayMaxMs: 0, queueItemsMax: 9, runBudgetMs: 60_000, loadBudgetMs: 20_000 }, env);
      await host.start();
      void host.run(1, [[{ type: 1, dims: [1], data: new Uint8Array(4) }]]);
      setTimeout(() => { process.stdout.write(String(host.pids()[0])); setTimeout(() => process.kill(process.pid, "SIGKILL"), 50); }, 300);
    `;
    const parent = spawnSync(process.execPath, ["--conditions=lamina-source", "--input-type=module", "-e", script], {
      cwd: packageFolder,
      encoding: "utf8",
    });
    expect(parent.signal).toBe("SIGKILL");
    const pid = Number(parent.stdout);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    // A zombie answers signals still; its state tells.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const EMPTY_INPUT: ModelSignature = { inputs: [], outputs: [{ name: "y", type: 1 }], profiles: [{ id: 1, inputs: [], outputs: [[1, 1]] }] };
const ONE_FLOAT: ModelSignature = {
  inputs: [{ name: "v", type: 1 }],
  outputs: [{ name: "y", type: 1 }],
  profiles: [{ id: 1, inputs: [[1, 1]], outputs: [[1, 1]] }],
};

/** Models that the gate refuses, run all the same: the second wall must hold alone (T23, T24). */
describe("hostile models behind the gate", () => {
  test("65 bytes that want 17 GB: the job fails in time, we live, our memory stays flat", async () => {
    expect(memoryBomb().length).toBeLessThanOrEqual(65);
    const before = process.memoryUsage().rss;
    await expect(hostOf(memoryBomb(), EMPTY_INPUT).start()).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    const host = hostOf(memoryBomb(), EMPTY_INPUT, { withoutGate: true });
    await expect(
      (async () => {
        await host.start();
        await host.run(1, [[]]);
      })(),
    ).rejects.toThrow(/Failed to allocate|inference process lost/);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  test("a loop without end: killed within twice the budget, and the next process serves again", async () => {
    expect(endlessLoop().length).toBeLessThan(228);
    const events: string[] = [];
    const host = hostOf(
      endlessLoop(),
      { ...ONE_FLOAT, inputs: ONE_FLOAT.inputs, profiles: [{ id: 1, inputs: [[1]], outputs: [[1]] }] },
      { withoutGate: true, runBudgetMs: 1_000, onEvent: (event) => events.push(event.kind) },
    );
    await host.start();
    const first = host.pids()[0];
    const startMs = performance.now();
    await expect(host.run(1, [[{ type: 1, dims: [1], data: new Uint8Array(4) }]])).rejects.toThrow(/running for longer than 1000 ms/);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    await expect.poll(() => host.pids()[0] !== undefined && host.pids()[0] !== first, { timeout: 10_000 }).toBe(true);
    expect(events).toEqual(["child-ready", "child-lost", "child-ready"]);
    expect(() => process.kill(first ?? 0, 0)).toThrow(/ESRCH/);
  });

  test("a file that is no model is refused with the runtime's reason", async () => {
    const host = hostOf(Uint8Array.from([1, 2, 3]), ONE_FLOAT, { withoutGate: true });
    await expect(host.start()).rejects.toMatchObject({ code: "LOAD_FAILED" });
  });

  test("a provider that this machine lacks is named", async () => {
    const { manifest, paths } = await buildModel("digits", { cacheDir, env, processEnv: {} });
    const host = hostOf(await readFile(paths.get(manifest.graph) ?? ""), manifest, { provider: "cuda" });
    await expect(host.start()).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE", details: { provider: "cuda" } });
  });
});
