import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resultsSubject, workService } from "../subjects.ts";
import { TestNats } from "../testing/test-nats.ts";

const env = nodeEnv();
let directory: string;
let nats: TestNats;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lamina-nats-"));
  nats = await TestNats.start(env, directory);
  await nats.setUpStreams(["s1"]);
});

afterAll(async () => {
  await nats?.stop();
  await rm(directory, { recursive: true, force: true });
});

test("a request is answered", async () => {
  const worker = await nats.connect({ role: "worker", id: "w1" });
  const gateway = await nats.connect({ role: "gateway", id: "g1", spenderIds: [] });
  worker.serve(workService("w1"), async ({ payload }) => payload.toReversed());
  await worker.flush();
  expect(await gateway.request(workService("w1"), new Uint8Array([1, 2, 3]), { timeoutMs: 2000 })).toEqual(new Uint8Array([3, 2, 1]));
  const large = env.random.bytes(5_000_000);
  expect(Buffer.from(await gateway.request(workService("w1"), large, { timeoutMs: 5000 })).equals(large.toReversed())).toBe(true);
  await expect(gateway.request(workService("w2"), new Uint8Array(), { timeoutMs: 2000 })).rejects.toMatchObject({ code: "NO_RESPONDERS" });
  await worker.append(resultsSubject("w1"), new Uint8Array([7]), { messageId: "a", timeoutMs: 2000 });
  const sequencer = await nats.connect({ role: "sequencer", id: "s1" });
  const got = await new Promise((resolve) => {
    void sequencer.consume(
      { stream: "RESULTS", durable: "sequencer-s1", prefetch: 10, attemptsMax: 5, retryDelayMaxMs: 1000, ackWaitMs: 15_000 },
      (message) => {
        message.ack();
        resolve(message.payload);
      },
    );
  });
  expect(got).toEqual(new Uint8Array([7]));
  for (const bus of [worker, gateway, sequencer]) await bus.drain();
});
