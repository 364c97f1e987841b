import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { deadStream, resultsConsumer, resultsStream } from "../streams.ts";
import { ALL_HEARTBEATS, heartbeatSubject, resultsSubject, workService } from "../subjects.ts";
import type { StreamMessage } from "../transport.ts";
import { MemoryBroker, type MemoryBrokerOptions } from "./memory-broker.ts";

const WORKER = { role: "worker", id: "w1" } as const;
const GATEWAY = { role: "gateway", id: "g1", spenderIds: [] } as const;
const SEQUENCER = { role: "sequencer", id: "s1" } as const;
const QUEUE = { stream: "RESULTS", durable: "sequencer-s1", prefetch: 10, attemptsMax: 5, retryDelayMaxMs: 1000, ackWaitMs: 15_000 };
const append = { timeoutMs: 1000 };

function setUp(options: MemoryBrokerOptions = {}, spec = {}) {
  const env = fakeEnv(1);
  const broker = new MemoryBroker(env, options);
  broker.addStream({ ...resultsStream({ replicas: 1 }), ...spec });
  broker.addStream(deadStream({ replicas: 1 }));
  broker.addConsumer(resultsConsumer("s1"));
  return { env, broker };
}

test("deadlines and transit run on the clock of the test", async () => {
  const { env, broker } = setUp({ delayMs: () => 40 });
  broker.connect(WORKER).serve(workService("w1"), async ({ payload }) => payload);
  const gateway = broker.connect(GATEWAY);
  const codes: unknown[] = [];
  for (const timeoutMs of [79, 81]) {
    gateway.request(workService("w1"), Uint8Array.of(1), { timeoutMs }).then(
      (answer) => codes.push(answer),
      (error: { code: string }) => codes.push(error.code),
    );
  }
  await env.advance(100);
  expect(codes).toEqual(["DEADLINE", Uint8Array.of(1)]);
});

test("messages can be lost; requests then end at their deadline", async () => {
  const { env, broker } = setUp({ isDelivered: (subject) => !subject.startsWith("lamina.reply.") });
  broker.connect(WORKER).serve(workService("w1"), async ({ payload }) => payload);
  const answer = broker.connect(GATEWAY).request(workService("w1"), Uint8Array.of(1), { timeoutMs: 50 });
  await expect(env.time.run(answer)).rejects.toMatchObject({ code: "DEADLINE" });
});

test("a full stream refuses new messages or drops old ones, as it is set up", async () => {
  const { broker } = setUp({}, { bytesMax: 100 });
  const worker = broker.connect(WORKER);
  await worker.append(resultsSubject("w1"), new Uint8Array(80), { ...append, messageId: "a" });
  const full = { code: "APPEND_REFUSED", retryable: true };
  await expect(worker.append(resultsSubject("w1"), new Uint8Array(80), { ...append, messageId: "b" })).rejects.toMatchObject(full);

  const dropping = setUp({}, { bytesMax: 100, discard: "old" }).broker;
  for (const messageId of ["a", "b"]) await dropping.connect(WORKER).append(resultsSubject("w1"), new Uint8Array(80), { ...append, messageId });
  expect(dropping.stream("RESULTS").messages).toBe(1);
});

test("a message id is forgotten after the window, and an unread message after its age", async () => {
  const { env, broker } = setUp();
  const worker = broker.connect(WORKER);
  const send = () => worker.append(resultsSubject("w1"), Uint8Array.of(1), { ...append, messageId: "a" });
  await send();
  await env.advance(119_000);
  expect((await send()).duplicate).toBe(true);
  await env.advance(2_000);
  expect((await send()).duplicate).toBe(false);
  await env.advance(3_600_000);
  await send();
  expect(broker.stream("RESULTS").messages).toBe(1);
});

test("a message goes when every consumer has acknowledged it, and comes again after the wait where one did not", async () => {
  const { env, broker } = setUp();
  broker.addConsumer(resultsConsumer("s2"));
  const got: StreamMessage[] = [];
  const silent = await broker
    .connect({ role: "sequencer", id: "s2" })
    .consume({ ...QUEUE, durable: "sequencer-s2" }, (message) => void got.push(message));
  await broker.connect(SEQUENCER).consume(QUEUE, (message) => message.ack());
  await broker.connect(WORKER).append(resultsSubject("w1"), Uint8Array.of(1), { ...append, messageId: "a" });
  await env.advance(0);
  expect([got.length, broker.stream("RESULTS").messages]).toEqual([1, 1]);
  await silent.stop();
  got[0]?.ack();
  expect(broker.stream("RESULTS").messages).toBe(0);
});

test("a revoked peer is out for good; a disconnected one comes back", async () => {
  const { env, broker } = setUp();
  const heard: string[] = [];
  broker.connect(GATEWAY).listen(ALL_HEARTBEATS, ({ payload }) => heard.push(String(payload)));
  const worker = broker.connect(WORKER);
  const beat = (value: number) => worker.notify(heartbeatSubject("w1"), Uint8Array.of(value));
  broker.disconnect(WORKER);
  beat(1);
  broker.reconnect(WORKER);
  beat(2);
  await env.advance(0);
  expect(heard).toEqual(["2"]);
  broker.revoke(WORKER);
  broker.reconnect(WORKER);
  expect(() => beat(3)).toThrow("the server refused the credential");
});

test("without its stream an append is refused, for now", async () => {
  const { broker } = setUp();
  broker.removeStream("RESULTS");
  const refused = { code: "APPEND_REFUSED", retryable: true };
  await expect(broker.connect(WORKER).append(resultsSubject("w1"), Uint8Array.of(1), { ...append, messageId: "a" })).rejects.toMatchObject(refused);
});
