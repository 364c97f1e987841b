import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { toHex } from "@lamina/primitives";
import { SeededRng } from "@lamina/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CRASH_POINTS } from "./crash-points.ts";
import type { WorkerActor } from "./testing/actors.ts";
import { LANE_ULAM, Stage } from "./testing/stage.ts";

/** Where the process is killed; each once, and over and over in the long mode. A journal file is let go only after 64 MiB of blocks. */
const STEPS = CRASH_POINTS.filter((step) => step !== "sequencer.journal-release");
const PASSINGS = process.env["LAMINA_LONG"] === "1" ? [1, 2, 3, 5, 8] : [2];

const rng = new SeededRng(5);
let stage: Stage;
let worker: WorkerActor;

beforeAll(async () => {
  // On a busy machine a late spender would cost the payer single signatures, and the sums below would not tell.
  const variables = { BLOCK_INTERVAL_MS: "60", CHAIN_POLL_MS: "50", SPEND_DEADLINE_MS: "10000" };
  stage = await Stage.start({ timeoutCommitMs: 400, variables });
  worker = stage.worker;
});

afterEach(() => stage.endSequencers());

afterAll(() => stage?.end());

async function publish(rounds: number): Promise<void> {
  worker.settleBy = (await stage.reader.height()) + 250n;
  for (let round = 0; round < rounds; round++) {
    worker.work(1 + rng.below(4));
    await worker.publish(stage.workerBus);
    await sleep(40);
  }
}

/** As `publish`, trying again while the bus is away. */
async function publishThrough(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    worker.work(2);
    for (let tries = 0; tries < 40; tries++) {
      const isSent = await worker.publish(stage.workerBus).then(
        () => true,
        () => false,
      );
      if (isSent) break;
      await sleep(250);
    }
  }
}

/** Goes on until `ended`, however long a process takes to start on a busy machine. */
async function publishUntil(ended: Promise<unknown>): Promise<void> {
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  for (let round = 0; !isEnded && round < 300; round++) await publish(2);
}

/** Each row cost its charge and nothing else, once: they were all paid, under their spender's roots. */
async function expectPaidOnce(): Promise<void> {
  const charges = worker.rows.reduce((sum, row) => sum + row.charge, 0n);
  expect(BigInt((await stage.reader.lane(stage.lane))?.balance ?? "")).toBe(LANE_ULAM - charges);
}

describe("the sequencer's process, between a real bus and a real chain", () => {
  test("orders results, brings them onto the chain, serves its state, and ends in order", async () => {
    const { output, exited, process: running } = stage.startSequencer();
    await publish(6);
    await stage.awaitSettled();
    await expectPaidOnce();
    const port = /"message":"status is served".*"port":(\d+)/.exec(output())?.[1];
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { duty: "ours", term: "1" }]);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("lamina_sequencer_batches_total");
    running.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  const kills = STEPS.flatMap((step) => PASSINGS.map((passing): [string, number] => [step, passing]));
  test.each(kills)("killed at %s, passing %i, a new one goes on: everything paid, once (I4, I6, T33)", async (step, passing) => {
    const killed = stage.startSequencer({ LAMINA_CRASH_AT: `${step}:${passing}` });
    await publishUntil(killed.exited);
    expect(await killed.exited).toBe("SIGKILL");
    const next = stage.startSequencer();
    await publish(2);
    await stage.awaitSettled();
    await expectPaidOnce();
    next.process.kill("SIGTERM");
    expect(await next.exited).toBe(0);
  });

  test("with bus and node killed under it, it waits, and goes on by itself", async () => {
    const { process: running, exited } = stage.startSequencer();
    await publish(3);
    await Promise.all([stage.nats.kill(), stage.chain.killNode(0)]);
    await sleep(1_500);
    await stage.nats.boot();
    await publishThrough(3);
    await sleep(500);
    stage.chain.startNode(0);
    await publishThrough(3);
    await stage.chain.awaitHeight(1n);
    await stage.awaitSettled();
    await expectPaidOnce();
    running.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  test("bad configuration is told, every variable at once, without values", async () => {
    const { exited, output } = stage.startSequencer({ CHAIN_ID: "not a chain", RPC_URL: "gopher://x", BLOCK_INTERVAL_MS: "soon" });
    expect(await exited).toBe(1);
    for (const name of ["CHAIN_ID", "RPC_URL", "BLOCK_INTERVAL_MS"]) expect(output()).toContain(name);
    expect(output()).not.toContain("gopher");
  });

  test("another chain's id, a key for all to read, and a lost journal each keep it from starting (I34)", async () => {
    const wrong = stage.startSequencer({ CHAIN_ID: "lamina-dev-other" });
    expect(await wrong.exited).toBe(1);
    expect(wrong.output()).toContain("WRONG_CHAIN");
    const open = join(stage.directory, "open");
    writeFileSync(open, readFileSync(stage.variables["SIGNING_KEY_FILE"] ?? ""), { mode: 0o644 });
    const leaky = stage.startSequencer({ SIGNING_KEY_FILE: open });
    expect(await leaky.exited).toBe(1);
    expect(leaky.output()).toContain("expected mode 600");
    const forgetful = stage.startSequencer({ STATE_DIR: join(stage.directory, "elsewhere") });
    expect(await forgetful.exited).toBe(1);
    expect(forgetful.output()).toContain("SIGNER_STATE");
    expect(`${wrong.output()}${leaky.output()}${forgetful.output()}`).not.toContain(toHex(stage.signingSeed));
  });
});
