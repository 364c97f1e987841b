import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningNetwork, startNetwork } from "../support/network.ts";
import { SteadyLoad } from "../support/steady-load.ts";
import { appHashesOf, heightOf, validatorRpcs } from "../support/validators.ts";

// The loss of any one process of a four-validator network, by SIGKILL and under load: what was acknowledged is final and paid once, and everything
// comes back without a hand (I4, I6, I11, I33).

const START_MS = 600_000;
const VALIDATORS = 4;
const LOSSES = ["validator-1", "validator-0", "worker-1", "sequencer", "gateway", "indexer", "nats", "postgres"];
const ROUNDS = process.env["LAMINA_LONG"] === "1" ? 20 : 1;
const BEFORE_MS = 2_000;
const WITHIN_MS = 150_000;

let network: RunningNetwork;
let load: SteadyLoad;

beforeAll(async () => {
  network = await startNetwork({ validators: VALIDATORS, workers: 3 });
  load = new SteadyLoad(network.addresses);
}, START_MS);

afterAll(async () => {
  await load.stop();
  await network.down();
});

test.each(Array.from({ length: ROUNDS }, () => LOSSES).flat())(
  "loses %s",
  async (name) => {
    load.start();
    await sleep(BEFORE_MS);
    const before = await pidOf(name);
    process.kill(before, "SIGKILL");
    await until(`${name} runs again`, async () => {
      const now = (await network.processes()).get(name);
      return now !== undefined && now !== before;
    });
    // Work goes on: answers that were asked for after the loss.
    const answeredBefore = load.answered.length;
    await until("new answers", async () => load.answered.length > answeredBefore + 3);
    await load.stop();
    await until("every acknowledged job is final and paid once", async () => (await unsettled()).length === 0);
    expect(await outcomes()).toEqual(new Set(["paid"]));
  },
  2 * WITHIN_MS + 60_000,
);

test("nobody honest was slashed, nothing was left owing", async () => {
  const faults = await index("faults");
  expect(faults).toEqual([]);
  const operators = await index("operators");
  expect(operators.map((operator) => operator["status"])).not.toContain("convicted");
});

test("all validators have one app hash at each height, those that were lost and caught up as well (I21)", async () => {
  const rpcs = validatorRpcs(network.portBase, VALIDATORS);
  const height = Math.max(...(await Promise.all(rpcs.map(heightOf))));
  await until("every validator has every block", async () => (await Promise.all(rpcs.map(heightOf))).every((each) => each >= height));
  const [first, ...others] = await Promise.all(rpcs.map((rpc) => appHashesOf(rpc, height)));
  expect(first).toHaveLength(height);
  for (const other of others) expect(other).toEqual(first);
});

async function pidOf(name: string): Promise<number> {
  const pid = (await network.processes()).get(name);
  if (pid === undefined) throw new Error(`expected a process ${name}, found ${[...(await network.processes()).keys()].join(", ")}`);
  return pid;
}

/** Acknowledged jobs that are not yet final, or not paid exactly once. */
async function unsettled(): Promise<string[]> {
  const open: string[] = [];
  for (const jobId of load.answered) {
    const paid = (await index(`results?job_id=${jobId}`)).filter((line) => line["outcome"] === "paid" && line["final_height"] !== null);
    if (paid.length !== 1) open.push(jobId);
  }
  return open;
}

/** Of the rows of acknowledged jobs; a row settled by a forced run stands a second time as skipped. */
async function outcomes(): Promise<Set<unknown>> {
  const found = new Set<unknown>();
  for (const jobId of load.answered)
    for (const line of await index(`results?job_id=${jobId}`)) if (line["outcome"] !== "skipped") found.add(line["outcome"]);
  return found;
}

async function index(path: string): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${network.addresses.INDEX_URL}/index/v1/${path}`);
  const { items } = (await response.json()) as { items: Record<string, unknown>[] };
  return items;
}

/** A service that is coming back answers nothing, or an error: then the answer is "not yet". */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  let last: unknown;
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; ) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await sleep(250);
  }
  throw new Error(`expected within ${WITHIN_MS / 1000} s: ${what}`, { cause: last });
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
