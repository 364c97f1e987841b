import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { expect, test } from "vitest";
import { RESULTS_ACK_WAIT_MS } from "../streams.ts";
import { RESULTS_STREAM, resultsDurable, resultsSubject } from "../subjects.ts";
import { TestNats } from "../testing/test-nats.ts";
import { Outbox } from "./outbox.ts";

const env = nodeEnv();
const RESULTS = 400;

test("results reach the sequencer through a server that is killed under load, then loses its disk, while the worker knows of nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lamina-t17-"));
  const nats = await TestNats.start(env, directory);
  await nats.setUpStreams(["s1"]);
  const worker = await nats.connect({ role: "worker", id: "w1" });
  const outbox = await Outbox.open(
    { path: join(directory, "outbox.log"), resendAfterMs: 1_000, bytesMax: 1e7 },
    { env, send: (subject, payload, messageId) => worker.append(subject, payload, { messageId, timeoutMs: 1_000 }), onFault: () => undefined },
  );
  outbox.start();
  worker.onStatus((status) => status.kind === "connected" && outbox.resend());

  const sequencer = await nats.connect({ role: "sequencer", id: "s1" });
  const queue = {
    stream: RESULTS_STREAM,
    durable: resultsDurable("s1"),
    prefetch: 100,
    attemptsMax: 10,
    retryDelayMaxMs: 1_000,
    ackWaitMs: RESULTS_ACK_WAIT_MS,
  };
  const seen = new Set<string>();
  await sequencer.consume(queue, (message) => {
    message.ack();
    seen.add(new TextDecoder().decode(message.payload));
  });

  for (let index = 0; index < RESULTS; index++) {
    await outbox.add(`r${index}`, resultsSubject("w1"), new TextEncoder().encode(`r${index}`));
    if (index === 100 || index === 200) {
      await nats.kill();
      await nats.boot();
    }
    if (index === 300) {
      await nats.kill();
      await rm(join(directory, "store"), { recursive: true });
      await nats.boot();
      await nats.setUpStreams(["s1"]);
    }
  }
  await expect.poll(() => seen.size, { timeout: 60_000 }).toBe(RESULTS);
  // What the chain made final needs no copy any more.
  await outbox.settle([...seen]);
  expect(outbox.size).toBe(0);
  await outbox.close();
  await worker.close();
  await sequencer.close();
  await nats.stop();
  await rm(directory, { recursive: true, force: true });
});
