import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strictVerifier } from "@lamina/codec";
import { formatCheckpoint, parseCheckpoint } from "@lamina/light-client";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import { type Answer, encodeTensorsFile, type FetchedReceipt, LaminaClient } from "@lamina/sdk";
import { ChainAccess } from "@lamina/sdk/node";
import { type Checkpoint, timestampFromMs, verifyReceipt } from "@lamina/sdk/verify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, type RunningNetwork, startNetwork } from "../support/network.ts";
import { type Ended, runProgram } from "../support/run-program.ts";

const START_MS = 600_000;
/** The machine's own Node, which may be older than ours: the single file needs no more. */
const NODE = ["/usr/bin/node", "/usr/local/bin/node"].find(existsSync) ?? process.execPath;
const verifySignature = strictVerifier(nodeEd25519Verify);

let network: RunningNetwork;
let folder: string;
let chain: ChainAccess;
let client: LaminaClient;
let answer: Answer;
let final: FetchedReceipt;
let checkpoint: Checkpoint;

const features = { name: "features", datatype: "FP32", shape: [2, 64], data: Array.from({ length: 128 }, (_, at) => at % 17) };

beforeAll(async () => {
  network = await startNetwork();
  folder = mkdtempSync(join(tmpdir(), "lamina-receipt-"));
  checkpoint = parseCheckpoint(readFileSync(network.checkpointFile, "utf8"));
  const { GATEWAY_URL: baseUrl, API_KEY: apiKey, RPC_URL: rpcUrl } = network.addresses;
  chain = await ChainAccess.connect({ rpcUrl, chainId: checkpoint.chainId });
  client = new LaminaClient({ baseUrl, apiKey, chainId: checkpoint.chainId, manifests: chain.manifests, verifySignature });
  answer = await client.jobs.run({ model: "digits", inputs: [features] }, { reference: "order 4711" });
  final = await client.receipts.waitFor(answer.jobId, "final");
  copyFileSync(join(REPOSITORY, "dist", "lamina-verify.mjs"), join(folder, "lamina-verify.mjs"));
  copyFileSync(network.checkpointFile, join(folder, "checkpoint.json"));
  writeFileSync(join(folder, "job.receipt"), final.bytes);
  writeFileSync(join(folder, "input.tensors"), encodeTensorsFile(answer.checked?.inputs ?? []));
  writeFileSync(join(folder, "output.tensors"), encodeTensorsFile(answer.checked?.outputs ?? []));
}, START_MS);

afterAll(async () => {
  await network?.down();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

const judge = (bytes: Uint8Array, trusted = checkpoint) =>
  verifyReceipt(bytes, { checkpoint: trusted, now: timestampFromMs(Date.now()), verifySignature });

describe("the sdk against a whole network", () => {
  test("a native job's answer was held against manifest, input and reference", () => {
    expect(answer.checked).toMatchObject({ input: true, manifest: true });
    expect(answer.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["scores", [2, 10]],
      ["label", [2, 1]],
    ]);
  });

  test("so are those of an asynchronous job, of the Open Inference Protocol and of embeddings", async () => {
    const submitted = await client.jobs.submit({ model: "digits", inputs: [features] });
    const [later, now] = [await submitted.wait(), await client.infer("digits", [features])];
    expect([later.outputs[0]?.bytes, now.outputs[0]?.bytes]).toEqual([answer.outputs[0]?.bytes, answer.outputs[0]?.bytes]);
    const { vectors, checked } = await client.embeddings("minilm-l6-v2", ["a cat", "a kitten"]);
    expect(vectors.map(({ length }) => length)).toEqual([384, 384]);
    expect([later.checked, now.checked, checked].map((each) => each?.manifest)).toEqual([true, true, true]);
  });

  test("a padded model's input is checked with its padding", async () => {
    const tokens = (name: string, data: number[]) => ({ name, datatype: "INT64", shape: [1, 3], data });
    const { checked } = await client.jobs.run({
      model: "minilm-l6-v2",
      inputs: [tokens("input_ids", [101, 7592, 102]), tokens("attention_mask", [1, 1, 1])],
    });
    expect(checked?.inputs?.[0]?.[0]?.dims).toEqual([1, 16]);
  });

  test("models, quotes and the account are told", async () => {
    expect((await client.models.list()).map(({ id }) => id)).toContain("digits");
    expect((await client.models.describe("digits")).inputs).toEqual([{ name: "features", datatype: "FP32", shape: [-1, 64] }]);
    expect((await client.quote({ model: "digits", items: 2 })).levels.find(({ level }) => level === "optimistic")).toMatchObject({ offered: true });
    expect((await client.account()).lanes.length).toBeGreaterThan(0);
  });
});

describe("a receipt that was moved elsewhere", () => {
  /** In an empty folder, without network where this user may take it away. */
  const alone = async (...words: string[]): Promise<Ended> => {
    const command = [NODE, "lamina-verify.mjs", ...words];
    const [program = "", ...rest] = (await canUnshare()) ? ["unshare", "--net", ...command] : command;
    return runProgram(program, rest, { cwd: folder, env: { PATH: process.env["PATH"] ?? "" } });
  };

  test("verifies with the single file, its input and output beside it", async () => {
    const ran = await alone("job.receipt", "--checkpoint", "checkpoint.json", "--input", "input.tensors", "--output", "output.tensors");
    expect(ran).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^valid: paid\n/) });
  });

  test("does not verify with another answer, nor without a checkpoint", async () => {
    expect(await alone("job.receipt", "--checkpoint", "checkpoint.json", "--output", "input.tensors")).toMatchObject({ code: 1 });
    expect(await alone("job.receipt")).toMatchObject({ code: 2 });
  });

  test("does not verify with any bit altered", { timeout: 600_000 }, () => {
    expect(judge(final.bytes)).toMatchObject({ kind: "valid", outcome: "paid" });
    const accepted: number[] = [];
    for (let bit = 0; bit < 8 * final.bytes.length; bit++) {
      const altered = Uint8Array.from(final.bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (judge(altered).kind === "valid") accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  test("is fetched and verified by `lamina receipt`, also for a younger checkpoint", async () => {
    const younger = await chain.checkpoint({ trustingPeriodSeconds: 1_000_000n });
    const trusted = join(folder, "younger.json");
    writeFileSync(trusted, formatCheckpoint(younger));
    const file = join(folder, "fetched.receipt");
    const get = () => network.lamina("receipt", "get", answer.jobId, "-o", file, "--checkpoint-height", `${younger.height}`);
    await expect.poll(async () => (await get()).stdout, { timeout: 30_000, interval: 500 }).toContain("stage final");
    const verify = (path: string) =>
      runProgram(join(REPOSITORY, "lamina"), ["receipt", "verify", path, "--checkpoint", trusted], {
        cwd: folder,
        env: { PATH: process.env["PATH"] ?? "" },
      });
    expect(await verify(file)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^valid: paid\n/) });
    // Its path begins below the younger checkpoint.
    expect(await verify(join(folder, "job.receipt"))).toMatchObject({ code: 1 });
  });
});

describe("a receipt straight from the chain", () => {
  test("grows from the one that came with the answer, and verifies", async () => {
    const grown = await chain.growReceipt(answer.receipt, checkpoint);
    expect(grown.stage).toBe("final");
    expect(judge(grown.bytes)).toMatchObject({ kind: "valid", outcome: "paid" });
  });

  test("also for a checkpoint that is younger than its finality", async () => {
    const younger = await chain.checkpoint({ trustingPeriodSeconds: 1_000_000n });
    let grown = await chain.growReceipt(answer.receipt, younger);
    await expect.poll(async () => (grown = await chain.growReceipt(answer.receipt, younger)).stage, { timeout: 30_000 }).toBe("final");
    expect(judge(grown.bytes, younger)).toMatchObject({ kind: "valid", outcome: "paid" });
  });

  test("is pending before it is final", async () => {
    const { receipt } = await client.jobs.run({ model: "digits", inputs: [features] });
    const stages = new Set<string>();
    await expect
      .poll(
        async () => {
          const grown = await chain.growReceipt(receipt, checkpoint);
          stages.add(grown.stage);
          expect(judge(grown.bytes).kind).toBe("valid");
          return grown.stage;
        },
        { timeout: 60_000, interval: 300 },
      )
      .toBe("final");
    expect([...stages]).toContain("pending");
  });
});

let isUnsharable: Promise<boolean> | undefined;

function canUnshare(): Promise<boolean> {
  isUnsharable ??= runProgram("unshare", ["--net", "true"], { env: { PATH: process.env["PATH"] ?? "" } }).then(
    ({ code }) => code === 0,
    () => false,
  );
  return isUnsharable;
}
