import type { Item } from "@lamina/codec";
import { type FakeEnv, fakeEnv } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { FrameKind, readTensorsFrame, resultFrame } from "./frames.ts";
import { ModelHost } from "./model-host.ts";
import type { HostEvent, ModelHostOptions } from "./model-host-options.ts";
import { type Behaviour, echo, type FakeChild, fakeSpawner, runFailure } from "./testing/fake-child.ts";

const signature = {
  inputs: [{ name: "x", type: 1 }],
  outputs: [{ name: "y", type: 1 }],
  profiles: [
    { id: 1, inputs: [[1, 2]], outputs: [[1, 2]] },
    { id: 2, inputs: [[1, 4]], outputs: [[1, 4]] },
  ],
} as const;

function item(value: number, wide = 2): Item {
  return [{ type: 1, dims: [1, wide], data: new Uint8Array(new Float32Array(wide).fill(value).buffer) }];
}

interface Stage {
  readonly env: FakeEnv;
  readonly host: ModelHost;
  readonly children: FakeChild[];
  readonly events: HostEvent[];
}

async function stage(behaviour: Behaviour = echo, options: Partial<ModelHostOptions> = {}): Promise<Stage> {
  const { spawn, children } = fakeSpawner(behaviour);
  const env = fakeEnv(1, { spawn });
  const events: HostEvent[] = [];
  const program = { nodePath: "node", confinement: {}, limits: { memoryBytesMax: 1 }, wrappers: { network: [], privileges: [], prlimit: true } };
  const fixed = {
    model: "m",
    signature,
    readGraph: async () => Uint8Array.of(1),
    provider: "cpu",
    sessions: 1,
    program,
    emptyFolder: "/empty",
  } as const;
  const bounds = { itemsMax: () => 4, addedDelayMaxMs: 0, queueItemsMax: 100, runBudgetMs: 1_000, loadBudgetMs: 1_000, withoutGate: true };
  const host = new ModelHost({ ...fixed, ...bounds, onEvent: (event) => events.push(event), ...options }, env);
  await env.time.run(host.start());
  return { env, host, children, events };
}

const never: Behaviour = (frame, child) => (frame.kind === FrameKind.load ? echo(frame, child) : undefined);

describe("batches", () => {
  test("what waits together runs together, in parts that fit, and every request gets its own items back", async () => {
    const { host, children } = await stage();
    const requests = [[item(1)], [item(2), item(3)], Array.from({ length: 9 }, (_, at) => item(10 + at)), [item(5, 4)]];
    const outputs = await Promise.all(requests.map((items, at) => host.run(at === 3 ? 2 : 1, items)));
    expect(outputs).toEqual(requests);
    expect(children[0]?.runs.map((tensors) => tensors[0]?.dims)).toEqual([
      [4, 2],
      [4, 2],
      [4, 2],
      [1, 4],
    ]);
  });

  test("a batch that the runtime refuses is run again part by part, and only the guilty fails", async () => {
    const refusesNine: Behaviour = (frame, child) => {
      if (frame.kind === FrameKind.load) return echo(frame, child);
      const guilty = new Float32Array(readTensorsFrame(frame.payload).tensors[0]?.data.slice().buffer ?? new ArrayBuffer()).includes(9);
      return guilty ? runFailure(frame, "index out of range") : echo(frame, child);
    };
    const { host } = await stage(refusesNine);
    const outcomes = await Promise.allSettled([1, 9, 3].map((value) => host.run(1, [item(value)])));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "RUN_FAILED", message: "m: run failed: index out of range" } });
  });

  test("a free process waits for company no longer than is allowed", async () => {
    const { host, env, children } = await stage(echo, { addedDelayMaxMs: 5 });
    const first = host.run(1, [item(1)]);
    await env.advance(4);
    const second = host.run(1, [item(2)]);
    expect(children[0]?.runs.length).toBe(0);
    await env.advance(1);
    await Promise.all([first, second]);
    expect(children[0]?.runs.length).toBe(1);
  });
});

describe("what is refused at the door", () => {
  test("items of another shape, type or size, floats that are not finite, unknown profiles, empty requests", async () => {
    const { host } = await stage();
    await expect(host.run(3, [item(1)])).rejects.toMatchObject({ code: "UNKNOWN_PROFILE" });
    await expect(host.run(1, [])).rejects.toMatchObject({ code: "INVALID_ITEM" });
    await expect(host.run(1, [item(1, 4)])).rejects.toThrow("x: expected shape [1, 2], found [1, 4]");
    await expect(host.run(1, [[]])).rejects.toThrow("item: expected 1 tensors, found 0");
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) await expect(host.run(1, [item(value)])).rejects.toThrow(/finite numbers/);
    await expect(host.run(1, [[{ type: 7, dims: [1, 2], data: new Uint8Array(16) }]])).rejects.toThrow(/element type 1, found 7/);
    await expect(host.run(1, [[{ type: 1, dims: [1, 2], data: new Uint8Array(7) }]])).rejects.toThrow(/8 bytes, found 7/);
  });

  test("more than may wait", async () => {
    const { host, env } = await stage(never, { queueItemsMax: 5 });
    const running = host.run(1, [item(1), item(1), item(1), item(1)]).catch((error) => error);
    await env.advance(0);
    const waiting = host
      .run(
        1,
        Array.from({ length: 5 }, () => item(1)),
      )
      .catch((error) => error);
    await expect(host.run(1, [item(1)])).rejects.toMatchObject({ code: "BUSY", retryable: true });
    await host.stop();
    expect(await running).toMatchObject({ code: "CHILD_LOST" });
    expect(await waiting).toMatchObject({ code: "BUSY" });
  });
});

/** Everything ends in time, whatever the process does (T23, T24). */
describe("a process that fails", () => {
  test("silence past the budget kills it, and another serves on", async () => {
    let silent = true;
    const { host, env, children, events } = await stage((frame, child) => (frame.kind === FrameKind.run && silent ? undefined : echo(frame, child)));
    const run = host.run(1, [item(1)]).catch((error) => error);
    await env.advance(999);
    expect(children[0]?.killed).toBe(false);
    await env.advance(1);
    expect(await run).toMatchObject({ code: "DEADLINE", details: { phase: "running", budgetMs: 1_000 } });
    expect(children[0]?.killed).toBe(true);
    silent = false;
    expect(await env.time.run(host.run(1, [item(2)]))).toEqual([item(2)]);
    expect(events.map((event) => event.kind)).toEqual(["child-ready", "child-lost", "child-ready", "batch"]);
  });

  test("what waits while no process comes up is told in time", async () => {
    let up = true;
    const { host, env, children } = await stage((frame, child) => (up ? echo(frame, child) : "die"));
    up = false;
    children[0]?.die("SIGSEGV");
    await env.advance(0);
    const run = host.run(1, [item(1)], { waitBudgetMs: 300 }).catch((error) => error);
    await env.advance(350);
    expect(await run).toMatchObject({ code: "DEADLINE", details: { phase: "waiting", budgetMs: 300 } });
  });

  test("restarts come less and less often", async () => {
    let up = true;
    const { env, children, events } = await stage((frame, child) => (up ? echo(frame, child) : "die"));
    up = false;
    children[0]?.die("SIGSEGV");
    await env.advance(120_000);
    const waits = events.flatMap((event) => (event.kind === "child-lost" ? event.restartInMs : []));
    expect(waits.length).toBeLessThan(15);
    expect(waits.at(-1)).toBeGreaterThan(10_000);
    up = true;
    await env.advance(60_000);
    expect(events.at(-1)?.kind).toBe("child-ready");
  });

  const lies: [string, Behaviour][] = [
    [
      "outputs of another shape",
      (frame) => resultFrame({ id: readTensorsFrame(frame.payload).id, tensors: [{ type: 1, dims: [1, 1], data: new Uint8Array(4) }] }),
    ],
    ["no outputs", (frame) => resultFrame({ id: readTensorsFrame(frame.payload).id, tensors: [] })],
    ["the answer to another run", (frame) => resultFrame({ id: 77, tensors: readTensorsFrame(frame.payload).tensors })],
    ["a frame that is too long", () => [Uint8Array.of(0x7f, 0, 0, 0, 4)]],
    ["a frame of no kind", () => [Uint8Array.of(0, 0, 0, 1, 99)]],
    ["a failure that is none", () => [Uint8Array.of(0, 0, 0, 2, 5, 0x7b)]],
    ["death", () => "die"],
  ];
  test.each(lies)("%s: the run fails, the process is replaced", async (_, lie) => {
    let lying = true;
    const { host, env, children } = await stage((frame, child) => (frame.kind === FrameKind.run && lying ? lie(frame, child) : echo(frame, child)));
    await expect(env.time.run(host.run(1, [item(1)]))).rejects.toMatchObject({ code: "CHILD_LOST", retryable: true });
    expect(children[0]?.killed).toBe(true);
    lying = false;
    expect(await env.time.run(host.run(1, [item(2)]))).toEqual([item(2)]);
  });
});

describe("endings", () => {
  test("a request nobody wants any more leaves the queue", async () => {
    const { host, env, children } = await stage(never);
    void host.run(1, [item(1)]).catch(() => undefined);
    await env.advance(0);
    const abort = new AbortController();
    const run = host.run(1, [item(2)], { signal: abort.signal }).catch((error) => error);
    abort.abort(new Error("gone"));
    expect(await run).toMatchObject({ message: "gone" });
    expect(host.load()).toMatchObject({ itemsWaiting: 0, batchesRunning: 1 });
    expect(children[0]?.runs.length).toBe(1);
    await host.stop();
  });

  test("a drained host takes nothing new and has answered everything", async () => {
    const { host } = await stage();
    const runs = Promise.all([1, 2, 3, 4, 5, 6].map((value) => host.run(1, [item(value)])));
    const drained = host.drain();
    await expect(host.run(1, [item(7)])).rejects.toMatchObject({ code: "BUSY" });
    await drained;
    expect((await runs).flat()).toEqual([1, 2, 3, 4, 5, 6].map((value) => item(value)));
    await host.stop();
    expect(host.pids()).toEqual([]);
  });

  test("a model that no process can load stops the start with the reason", async () => {
    await expect(stage(() => "die")).rejects.toMatchObject({ code: "CHILD_LOST" });
  });
});
