import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "@lamina/messaging";
import { toHex } from "@lamina/primitives";
import { registry } from "@lamina/protocol";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { FAULT_CRASH_POINTS } from "../crash-points.ts";
import { send, type WorkerActor } from "../testing/actors.ts";
import { Stage } from "../testing/stage.ts";

// A worker that signs two histories, between a real bus and a real chain: the process is killed at each place of its report, and the chain convicts
// the worker once (I16, T29).

const WITHIN_MS = 90_000;

let stage: Stage;
let forger: WorkerActor;
let bus: Bus;

beforeAll(async () => {
  const variables = { BLOCK_INTERVAL_MS: "60", CHAIN_POLL_MS: "50", SPEND_DEADLINE_MS: "10000" };
  stage = await Stage.start({ timeoutCommitMs: 100, variables });
  ({ worker: forger, bus } = await stage.secondWorker());
});

afterEach(() => stage.endSequencers());

afterAll(async () => {
  await bus?.close();
  await stage?.end();
});

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; await sleep(50)) if (await holds()) return;
  throw new Error(`expected within ${WITHIN_MS / 1000} s: ${what}`);
}

function evidence(): string[] {
  const folder = join(stage.variables["STATE_DIR"] ?? "", "faults");
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function forgerNow(): Promise<registry.Operator | undefined> {
  return stage.reader.operatorByKey(forger.log.worker);
}

test("killed at each place of its report, the chain convicts the worker, once, and its reporter is paid", async () => {
  const [noted, answered] = FAULT_CRASH_POINTS;
  forger.settleBy = (await stage.reader.height()) + 250n;
  forger.work(4);
  const first = stage.startSequencer({ LAMINA_CRASH_AT: noted });
  await forger.publish(bus);
  await until("the first history is settled", async () => (await stage.reader.log(forger.log)).count === 4n);
  await send(bus, forger.log, forger.run(0, 4, forger.forked(2)), "forked");
  expect(await first.exited).toBe("SIGKILL");
  expect(evidence()).toEqual([`${toHex(forger.log.worker)}.pending`]);
  expect(await forgerNow()).toMatchObject({ status: registry.OperatorStatus.ACTIVE });

  const before = await forgerNow();
  const second = stage.startSequencer({ LAMINA_CRASH_AT: answered });
  expect(await second.exited).toBe("SIGKILL");
  const convicted = await forgerNow();
  expect(convicted).toMatchObject({ status: registry.OperatorStatus.CONVICTED });
  expect(BigInt(convicted?.bond ?? "")).toBeLessThan(BigInt(before?.bond ?? ""));

  const third = stage.startSequencer();
  await until("the evidence is closed", () => evidence().join() === `${toHex(forger.log.worker)}.closed`);
  expect(third.output()).toMatch(/"message":"head fault reported".*"kind":"judged"/);
  // Its open value falls whenever a block's window ends; nothing else may have changed.
  expect({ ...(await forgerNow()), openValue: "" }).toEqual({ ...convicted, openValue: "" });
  expect((await stage.reader.log(forger.log)).count).toBe(4n);
});

test("an honest worker's rows go on being paid beside it", async () => {
  stage.startSequencer();
  stage.worker.settleBy = (await stage.reader.height()) + 250n;
  stage.worker.work(5);
  await stage.worker.publish(stage.workerBus);
  await stage.awaitSettled(WITHIN_MS);
  expect((await stage.reader.operatorByKey(stage.worker.log.worker))?.status).toBe(registry.OperatorStatus.ACTIVE);
});
