import { create, toBinary } from "@bufbuild/protobuf";
import { heartbeatSubject } from "@lamina/messaging";
import { fromHex, publicKey } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { recordingLogger } from "@lamina/telemetry/testing";
import { fakeEnv } from "@lamina/testing";
import { beforeEach, expect, test } from "vitest";
import { ChainFollower } from "../chain/chain-follower.ts";
import { TestChain } from "../testing/test-chain.ts";
import { WorkerDirectory } from "./worker-directory.ts";

const MODEL = "ab".repeat(32);
const [FIRST, SECOND] = ["01".repeat(32), "02".repeat(32)] as const;
let env: ReturnType<typeof fakeEnv>;
let directory: WorkerDirectory;

beforeEach(async () => {
  env = fakeEnv(7);
  const source = new TestChain();
  for (const [index, key] of [FIRST, SECOND].entries()) source.addWorker(BigInt(index + 1), publicKey(fromHex(key)), new Map([[MODEL, 3n]]));
  const logger = recordingLogger();
  const pace = { heightPeriodMs: 500, statePeriodMs: 2_000, staleAfterMs: 600_000 };
  const chain = new ChainFollower(pace, { env, source, logger, lanes: () => [] });
  await chain.start();
  chain.stop();
  directory = new WorkerDirectory({ heartbeatMaxAgeMs: 5_000, unitPriceMax: 100n }, { env, chain, logger });
});

function beat(worker: string, state = "serving"): void {
  const models = [{ modelId: fromHex(MODEL), unitPrice: 3n, waiting: 0, latencyP50Ms: 1, sessions: 1 }];
  const heartbeat = create(bus.HeartbeatSchema, { worker: fromHex(worker), workerId: 1n, state, models });
  directory.hear({ subject: heartbeatSubject(worker), payload: toBinary(bus.HeartbeatSchema, heartbeat) });
}

test("a worker whose heartbeat is late is asked where nobody else is left, and only there", async () => {
  beat(FIRST);
  await env.advance(6_000);
  expect(directory.choose(MODEL, new Set())?.name).toBe(FIRST);
  // It is not offered, though: whoever asks what is served is told what is sure.
  expect(directory.count(MODEL)).toBe(0);
  beat(SECOND);
  for (let at = 0; at < 4; at++) expect(directory.choose(MODEL, new Set())?.name).toBe(SECOND);
  expect(directory.choose(MODEL, new Set([SECOND]))?.name).toBe(FIRST);
});

test("silence that is long enough is an end, and one that drains is not asked at all", async () => {
  beat(FIRST);
  beat(SECOND, "draining");
  await env.advance(21_000);
  expect(directory.choose(MODEL, new Set())).toBeUndefined();
});

test("one that lied is left alone, late or not", async () => {
  beat(FIRST);
  directory.lied(FIRST);
  expect(directory.choose(MODEL, new Set())).toBeUndefined();
  await env.advance(6_000);
  expect(directory.choose(MODEL, new Set())).toBeUndefined();
});
