import { setTimeout as sleep } from "node:timers/promises";
import { forceInclude } from "@lamina/chain-client";
import { decodeHeader, type Row } from "@lamina/codec";
import { ALL_PRECONFIRMATIONS, type Bus, decodeMessage, messageSchemas } from "@lamina/messaging";
import { bytesEqual, type PublicKey } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { registry, rollupQuery } from "@lamina/protocol";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { WorkerActor } from "./testing/actors.ts";
import { LANE_ULAM, type RunningSequencer, Stage } from "./testing/stage.ts";

// Two real sequencers on one bus and one chain (DESIGN.md §8): one is lost, the other takes the term by the chain's rule, what was acknowledged is
// settled once, and who comes back signs nothing for a term that is over (I4, I6, I11, T30).

const WITHIN_MS = 240_000;
const TEST_MS = 3 * WITHIN_MS;
/** A worker publishes what the chain has not accepted again and again, and forces in what has lain for so long. */
const FORCE_AFTER_MS = 3_000;
const TAKEOVER_HEIGHTS = 30n;

let stage: Stage;
let worker: WorkerActor;
let standby: Record<string, string>;
let forcedRows = 0;
/** Every header that was shown: its term, and whose signature it bears. */
const shown: { readonly term: bigint; readonly number: bigint; readonly key: PublicKey }[] = [];
const [FIRST, SECOND] = ["first", "second"] as const;

beforeAll(async () => {
  const variables = { BLOCK_INTERVAL_MS: "60", CHAIN_POLL_MS: "50", SPEND_DEADLINE_MS: "10000" };
  const overrides = { rollup: { params: { takeover_heights: `${TAKEOVER_HEIGHTS}` } } };
  stage = await Stage.start({ timeoutCommitMs: 100, variables, hasStandby: true, overrides });
  worker = stage.worker;
  standby = await stage.standby();
  const listener: Bus = await stage.nats.connect({ role: "gateway", id: "2", spenderIds: [] });
  listener.listen(ALL_PRECONFIRMATIONS, ({ payload }) => {
    const { header, sequencerKey } = decodeMessage(messageSchemas.preconfirmation, payload);
    const { term, number } = decodeHeader(header);
    shown.push({ term, number, key: sequencerKey as PublicKey });
  });
});

vi.setConfig({ testTimeout: TEST_MS, hookTimeout: TEST_MS });

afterAll(() => stage?.end());

/**
 * Works until `holds`, publishing again what the chain does not take, as a worker does. With `isForcing` it forces it in, too; without, a holder that is
 * merely slow, as on a busy machine, keeps its term.
 */
async function workUntil(what: string, isForcing: boolean, holds: () => Promise<boolean>): Promise<void> {
  let [stuckAt, stuckSinceMs] = [-1, performance.now()];
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; await sleep(100)) {
    const settled = Number((await stage.reader.log(worker.log)).count);
    if (settled !== stuckAt) [stuckAt, stuckSinceMs] = [settled, performance.now()];
    if (await holds()) return;
    const height = await stage.reader.height();
    worker.settleBy = height + 250n;
    worker.work(2);
    await worker.publish(stage.workerBus);
    if (performance.now() - stuckSinceMs < FORCE_AFTER_MS) continue;
    await worker.resend(stage.workerBus, settled);
    if (isForcing) await force(settled, Math.min(settled + 5, worker.rows.length), height);
    stuckSinceMs = performance.now();
  }
  throw new Error(`expected within ${WITHIN_MS / 1000} s: ${what}`);
}

/** Whoever serves meanwhile may be faster: then nothing of the run is left to be forced. */
async function force(from: number, to: number, height: bigint): Promise<void> {
  try {
    await forceInclude(await stage.senderOf("worker"), worker.forced(from, to, height));
    forcedRows += to - from;
  } catch (error) {
    const { count } = await stage.reader.log(worker.log);
    if (count < BigInt(to)) throw error;
  }
}

async function settleAll(): Promise<void> {
  const all = worker.rows.length;
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; await sleep(1_000)) {
    const settled = Number((await stage.reader.log(worker.log)).count);
    if (settled >= all) return;
    await worker.resend(stage.workerBus, settled);
  }
  throw new Error(`of ${all} rows ${(await stage.reader.log(worker.log)).count} settled`);
}

/** Logs with a forced run that no batch has reached. */
async function unserved(): Promise<number> {
  return (await stage.reader.query(rollupQuery.Query.method.unserved, {})).unserved.length;
}

async function termIs(term: bigint, operator: "sequencer" | "standby"): Promise<boolean> {
  const found = await stage.reader.term();
  return found?.term === term && found.operator === (await stage.senderOf(operator)).address;
}

/** Each row was debited once: its charge, and the fee of its own signature where it was forced in. */
async function expectPaidOnce(): Promise<void> {
  const charges = worker.rows.reduce((sum: bigint, row: Row) => sum + row.charge, 0n);
  const { signatureFee } = await stage.reader.rollupParams();
  const { balance } = (await stage.reader.lane(stage.lane)) ?? { balance: "" };
  expect(BigInt(balance)).toBe(LANE_ULAM - charges - BigInt(forcedRows) * BigInt(signatureFee));
}

function keyOf(which: typeof FIRST | typeof SECOND): PublicKey {
  return nodeEd25519Signer(which === FIRST ? stage.signingSeed : stage.standbySeed).publicKey;
}

/** One key for each term, and one header for each of its numbers. */
function expectOneSignerEach(): void {
  for (const { term, key } of shown) expect(bytesEqual(key, keyOf(term % 2n === 1n ? FIRST : SECOND)), `term ${term}`).toBe(true);
  const places = shown.map(({ term, number }) => `${term}/${number}`);
  expect(new Set(places).size).toBe(places.length);
}

async function said(sequencer: RunningSequencer, text: string): Promise<void> {
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; await sleep(50)) if (sequencer.output().includes(text)) return;
  throw new Error(`expected "${text}", the sequencer wrote: ${sequencer.output().slice(-2_000)}`);
}

test("killed with blocks that it acknowledged and never submitted: the other takes the term and settles them, once", async () => {
  const waiting = stage.startSequencer(standby);
  await said(waiting, "sequencer started");
  const killed = stage.startSequencer({ LAMINA_CRASH_AT: "sequencer.batch-cut:4" });
  await workUntil("the first is killed", false, async () => killed.process.signalCode === "SIGKILL");
  expect(shown.some(({ term }) => term === 1n)).toBe(true);
  await workUntil("the second holds the term", true, () => termIs(2n, "standby"));
  await workUntil("it sequences", false, async () => shown.some(({ term }) => term === 2n));
  await settleAll();
  await expectPaidOnce();
  expectOneSignerEach();
  expect(waiting.output()).toContain('"message":"term taken"');
});

test("who comes back finds its term over: its dead blocks stay so, it stands by and signs nothing", async () => {
  const back = stage.startSequencer();
  await said(back, '"duty":"other"');
  const before = shown.length;
  await workUntil("twenty more headers", false, async () => shown.length > before + 20);
  await settleAll();
  expect(shown.slice(before).every(({ term, key }) => term === 2n && bytesEqual(key, keyOf(SECOND)))).toBe(true);
  expect(back.output()).not.toContain('"message":"batch accepted"');
  expect(await termIs(2n, "standby")).toBe(true);
  await expectPaidOnce();
});

test("frozen while it holds the term, and thawed when it is another's: it signs nothing for the old one", async () => {
  const [holder] = stage.sequencersOf("2");
  if (holder === undefined) throw new Error("expected the second sequencer to run");
  holder.process.kill("SIGSTOP");
  await workUntil("the first holds the term again", true, () => termIs(3n, "sequencer"));
  await workUntil("it serves what was forced in", false, async () => (await unserved()) === 0);
  const before = shown.length;
  holder.process.kill("SIGCONT");
  await workUntil("twenty more headers", false, async () => shown.length > before + 20);
  await settleAll();
  expect(shown.slice(before).every(({ term, key }) => term === 3n && bytesEqual(key, keyOf(FIRST)))).toBe(true);
  expectOneSignerEach();
  await expectPaidOnce();
});

test("two that are well keep their places: a term is not taken from who has nothing to do", async () => {
  // A run that was only ever forced in: until its worker has a next result nobody can serve it, and the chain would give the term to anybody.
  worker.work(1);
  const height = await stage.reader.height();
  await force(worker.rows.length - 1, worker.rows.length, height);
  expect(await unserved()).toBe(1);
  await stage.chain.awaitHeight((await stage.reader.height()) + 2n * TAKEOVER_HEIGHTS);
  await sleep(8_000);
  expect(await unserved()).toBe(1);
  expect(await termIs(3n, "sequencer")).toBe(true);
  await workUntil("the holder serves it with the next result", false, async () => (await unserved()) === 0);
  await settleAll();
  await expectPaidOnce();
  expect(await termIs(3n, "sequencer")).toBe(true);
});

test("nobody was convicted, and both end in order", async () => {
  const operators = await stage.reader.operators(registry.OperatorRole.SEQUENCER);
  expect(operators.map(({ status }) => status)).toEqual([registry.OperatorStatus.ACTIVE, registry.OperatorStatus.ACTIVE]);
  for (const running of [...stage.sequencersOf("1"), ...stage.sequencersOf("2")]) {
    running.process.kill("SIGTERM");
    expect(await running.exited).toBe(0);
  }
});
