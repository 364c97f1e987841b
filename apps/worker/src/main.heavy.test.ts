import { readFile, rename } from "node:fs/promises";
import { decodeRow, headAfter } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import type { Digest } from "@lamina/primitives";
import type { bus } from "@lamina/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CRASH_POINTS } from "./crash-points.ts";
import { LiveNetwork, type RunningWorker } from "./testing/live-network.ts";
import type { MadeRequest } from "./testing/make-request.ts";

let network: LiveNetwork;
/** Every answer that was ever given, by its job. */
const answered = new Map<MadeRequest, bus.WorkAnswer>();
const SOON = { timeout: 30_000, interval: 100 };
const PASSINGS = process.env["LAMINA_LONG"] === "1" ? [1, 2, 3, 5] : [2];

beforeAll(async () => {
  network = await LiveNetwork.start();
});
afterEach(() => network.killWorkers());
afterAll(() => network?.stop());

async function ask(made: MadeRequest, timeoutMs?: number): Promise<bus.WorkAnswer> {
  const reply = await network.ask(made, timeoutMs);
  if (reply.case !== "answer") throw new Error(`expected an answer, found ${JSON.stringify(reply.value?.message)}`);
  const { row, previousHead, following, head } = reply.value;
  expect(headAfter(previousHead as Digest, [hashLeaf(row), ...following])).toEqual(head?.head);
  const before = answered.get(made);
  if (before !== undefined) expect(row).toEqual(before.row);
  answered.set(made, reply.value);
  return reply.value;
}

async function stop(worker: RunningWorker): Promise<void> {
  worker.process.kill("SIGTERM");
  expect(await worker.exited).toBe(0);
  expect(worker.output()).toContain('"message":"drained"');
}

/** Waits until the chain has every row that was answered. */
async function awaitAccepted(): Promise<void> {
  const last = [...answered.values()].reduce((most, { row }) => (decodeRow(row).index > most ? decodeRow(row).index : most), -1n);
  await expect.poll(async () => (await network.reader.log(network.log)).count > last, SOON).toBe(true);
}

describe("the beginning (I34)", () => {
  test("without a journal it starts only when told that there was none", async () => {
    const refused = await network.startWorker({}, []);
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain("start with --new-state where this key has never signed");
  });

  test.each([
    ["another chain", { CHAIN_ID: "lamina-other" }, "WRONG_CHAIN"],
    ["a model that nobody registered", { LAMINA_WORKER_MODELS: '["digits"]' }, "MODEL_REFUSED"],
    ["a provider that this machine lacks", { LAMINA_WORKER_MODELS: '[{"model":"breast-cancer","provider":"cuda"}]' }, "PROVIDER_UNAVAILABLE"],
    [
      "faults of the configuration, all at once",
      { CHAIN_POLL_MS: "often", SIGNING_KEY_FILE: "signing" },
      "SIGNING_KEY_FILE: expected an absolute path; CHAIN_POLL_MS: expected digits",
    ],
  ])("%s is refused", async (_, variables, told) => {
    const refused = await network.startWorker(variables);
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain(told);
  });
});

test("serves jobs, forces in what no sequencer takes, is paid, and drains on SIGTERM", async () => {
  const worker = await network.startWorker({ HTTP_PORT: "0" });
  const made = await Promise.all(Array.from({ length: 40 }, () => network.request()));
  await Promise.all(made.map((each) => ask(each)));
  await awaitAccepted();
  // Each row took its charge and the fee for its own signature.
  expect(await network.laneBalance()).toBe(network.laneUlam - 40n * (3n + 2n));
  const openValue = async () => (await network.reader.operatorByKey(network.signer.publicKey))?.openValue;
  await expect.poll(openValue, SOON).toMatch(/^0?$/);
  const port = /"message":"metrics served".*"port":(\d+)/.exec(worker.output())?.[1];
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe("serving\n");
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toContain('lamina_worker_jobs_answered_total{model="breast-cancer",app="worker"} 40');
  expect(metrics).toContain('lamina_worker_rows_forced_total{app="worker"} 40');
  await stop(worker);
});

test("a second process on the same folder is refused", async () => {
  const first = await network.startWorker();
  const second = await network.startWorker();
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain("STATE_LOCKED");
  await stop(first);
});

test("the bus may be killed and the model's process too: both come back and nothing is lost", async () => {
  const worker = await network.startWorker({ LOG_LEVEL: "debug" });
  await ask(await network.request());
  await network.nats.kill();
  await network.nats.boot();
  await expect.poll(() => network.gateway.isConnected, SOON).toBe(true);
  const isServed = async () =>
    ask(await network.request(), 1_000).then(
      () => true,
      () => false,
    );
  await expect.poll(isServed, SOON).toBe(true);
  const { pid } = worker.process;
  const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").map(Number);
  process.kill(child ?? 0, "SIGKILL");
  await expect.poll(isServed, SOON).toBe(true);
  expect(worker.output()).toContain('"message":"a model process was lost"');
  await awaitAccepted();
  await stop(worker);
});

const kills = CRASH_POINTS.flatMap((point) => PASSINGS.map((passing): [string, number] => [point, passing]));

test.each(kills)("killed at %s, passing %i: answers stand, the log goes on, each row is paid once", async (point, passing) => {
  // Short-lived jobs and small files, so that rolling and dropping are passed too.
  const small = { JOURNAL_SEGMENT_KIB: "4" };
  const dying = await network.startWorker({ ...small, LAMINA_CRASH_AT: `${point}:${passing}` });
  const made: MadeRequest[] = [];
  while (dying.process.signalCode === null && made.length < 120 * passing) {
    const settleBy = (await network.reader.height()) + 40n;
    const burst = await Promise.all(Array.from({ length: 6 }, () => network.request({ settleBy })));
    made.push(...burst);
    await Promise.all(burst.map((each) => ask(each, 1_000).catch(() => undefined)));
  }
  expect(await dying.exited).toBe("SIGKILL");
  const next = await network.startWorker(small);
  const height = await network.reader.height();
  for (const each of made.filter(({ job }) => job.settleBy > height + 10n)) await ask(each);
  await awaitAccepted();
  await stop(next);
  expect(await network.reader.operatorByKey(network.signer.publicKey)).toMatchObject({ status: 1 });
});

test("a journal that is gone although the chain has rows is refused, and a new incarnation is the way on", async () => {
  await rename(network.stateFolder, `${network.stateFolder}-lost`);
  const refused = await network.startWorker({});
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain("STALE_STATE");
  const command = await network.startWorker({}, ["incarnation", "new"]);
  expect(await command.exited).toBe(0);
  expect(command.output()).toMatch(/incarnation 1 opens at height \d+/);
  await expect.poll(async () => (await network.reader.incarnation(network.signer.publicKey)).current, SOON).toBe(1);
  const worker = await network.startWorker({});
  const { row } = await ask(await network.request());
  expect(decodeRow(row)).toMatchObject({ incarnation: 1, index: 0n });
  await expect.poll(async () => (await network.reader.log({ ...network.log, incarnation: 1 })).count, SOON).toBe(1n);
  await stop(worker);
});
