import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Bus } from "../bus.ts";
import { type ConsumerSpec, headsConsumer, headsStream, resultsConsumer } from "../streams.ts";
import { ALL_HEARTBEATS, headsSubject, heartbeatSubject, type Peer } from "../subjects.ts";
import { TestNats } from "../testing/test-nats.ts";
import type { StreamAdmin } from "./nats-admin.ts";
import { connectNats } from "./nats-bus.ts";

// Heads are for all to see, whenever they come, and nobody who reads them may speak in another's name (T18, T29).

const env = nodeEnv();
const GATEWAY = { role: "gateway", id: "g1", spenderIds: [] } as const;
const text = (value: string) => new TextEncoder().encode(value);
let directory: string;
let nats: TestNats;
let admin: StreamAdmin;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lamina-heads-"));
  nats = await TestNats.start(env, directory);
  await nats.setUpStreams(["s1"]);
  admin = await nats.connectAdmin();
});

afterAll(async () => {
  await admin?.close();
  await nats?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function publishHeads(workerId: string, values: readonly string[]): Promise<void> {
  const worker = await nats.connect({ role: "worker", id: workerId });
  const before = (await admin.streamState("HEADS")).lastSequence;
  for (const value of values) worker.notify(headsSubject(workerId), text(value));
  await worker.flush();
  await expect.poll(async () => (await admin.streamState("HEADS")).lastSequence).toBe(before + BigInt(values.length));
  await worker.close();
}

async function headsReader(reader: Peer): Promise<ConsumerSpec> {
  const spec = headsConsumer(reader);
  await admin.ensureConsumer(spec);
  return spec;
}

/** What a consumer is given now, until `enough` of it is there. */
async function replay({ stream, durable, ackWaitMs }: ConsumerSpec, bus: Bus, enough: number): Promise<string[]> {
  const heads: string[] = [];
  const consumption = await bus.consume({ stream, durable, ackWaitMs, prefetch: 64, attemptsMax: 3, retryDelayMaxMs: 1_000 }, (message) => {
    heads.push(`${message.subject} ${new TextDecoder().decode(message.payload)}`);
    message.ack();
  });
  await expect.poll(() => heads.length).toBeGreaterThanOrEqual(enough);
  await consumption.stop();
  return heads;
}

test("who comes late is given the heads from before, those of a dead worker and of a restarted server too, and then the new ones", async () => {
  await publishHeads("w1", ["1", "2"]);
  await publishHeads("w2", ["7"]);
  await nats.kill();
  await nats.boot();
  await expect.poll(async () => (await admin.streamState("HEADS").catch(() => undefined))?.messages, { timeout: 20_000 }).toBe(3n);
  const [gateway, sequencer] = [await nats.connect(GATEWAY), await nats.connect({ role: "sequencer", id: "s1" })];
  const all = ["lamina.heads.w1 1", "lamina.heads.w1 2", "lamina.heads.w2 7"];
  expect(await replay(await headsReader(GATEWAY), gateway, 3)).toEqual(all);
  expect(await replay(await headsReader({ role: "sequencer", id: "s1" }), sequencer, 3)).toEqual(all);
  await publishHeads("w1", ["3"]);
  expect(await replay(await headsReader(GATEWAY), gateway, 1)).toEqual(["lamina.heads.w1 3"]);
  await gateway.close();
  await sequencer.close();
});

test("a worker that floods drives out nobody's heads but its own, and what is larger than a head is not kept", async () => {
  const kept = headsStream({ replicas: 1 }).subjectMessagesMax as number;
  await publishHeads("quiet", ["alone"]);
  await publishHeads(
    "loud",
    Array.from({ length: kept + 50 }, (_, index) => `${index}`),
  );
  const loud = await nats.connect({ role: "worker", id: "loud" });
  loud.notify(headsSubject("loud"), new Uint8Array(8_192));
  await loud.flush();
  const late = { role: "gateway", id: "g2", spenderIds: [] } as const;
  const bus = await nats.connect(late);
  const heads = await replay(await headsReader(late), bus, Number((await admin.streamState("HEADS")).messages));
  expect(heads).toContain("lamina.heads.quiet alone");
  expect(heads.filter((head) => head.startsWith("lamina.heads.loud "))).toEqual(
    Array.from({ length: kept }, (_, index) => `lamina.heads.loud ${index + 50}`),
  );
  await loud.close();
  await bus.close();
});

test("what a reader has sent to another subject shows where it came from: it is not taken for that subject's", async () => {
  await publishHeads("w1", ["a heartbeat of w2, forged"]);
  const victim = await nats.connect({ role: "gateway", id: "g3", spenderIds: [] });
  const heard: string[] = [];
  victim.listen(ALL_HEARTBEATS, ({ subject }) => heard.push(subject));
  await victim.flush();
  const reader = { role: "sequencer", id: "s9" } as const;
  await headsReader(reader);
  await admin.ensureConsumer(resultsConsumer("s9"));
  const sequencer = await nats.connect(reader);
  const connection = await connectNats(await nats.credentialsOf(reader));
  for (const reply of ["lamina.heartbeat.w2", "lamina.results.w2", "lamina.heads.w2", "$JS.API.STREAM.DELETE.RESULTS"])
    connection.publish("$JS.API.CONSUMER.MSG.NEXT.HEADS.sequencer-s9", '{"batch":1}', { reply });
  await connection.flush();
  const honest = await nats.connect({ role: "worker", id: "w4" });
  honest.notify(heartbeatSubject("w4"), text("beat"));
  await expect.poll(() => heard).toEqual(["lamina.heartbeat.w4"]);
  // The streams took it as what it is: a message of w1's, which no decoder takes for a run of results.
  const results = await replay(resultsConsumer("s9"), sequencer, 1);
  expect(results.filter((message) => !message.startsWith("lamina.heads.w1 "))).toEqual([]);
  const heads = await replay(await headsReader({ role: "gateway", id: "g3" }), victim, Number((await admin.streamState("HEADS")).messages));
  expect(new Set(heads.filter((message) => message.startsWith("lamina.heads.w2 ")))).toEqual(new Set(["lamina.heads.w2 7"]));
  for (const each of [victim, honest, sequencer, connection]) await each.close();
});
