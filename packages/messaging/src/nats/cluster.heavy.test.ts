import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backoffMs, isRetryable } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Bus } from "../bus.ts";
import { headsStream, resultsConsumer, resultsStream } from "../streams.ts";
import { resultsSubject } from "../subjects.ts";
import { type ServerName, TestCluster } from "../testing/test-cluster.ts";
import type { StreamAdmin } from "./nats-admin.ts";
import { connectNatsBus } from "./nats-bus.ts";

// R3 by configuration: three real servers, each of which is lost in turn under load.

const env = nodeEnv();
const ROUNDS = process.env["LAMINA_LONG"] === "1" ? 40 : 2;
const PATIENCE = { timeout: 90_000, interval: 100 };
let directory: string;
let cluster: TestCluster;
let admin: StreamAdmin;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lamina-cluster-"));
  cluster = await TestCluster.start(env, directory);
  admin = await cluster.connectAdmin();
  await persistently(() => admin.ensureStream(resultsStream({ replicas: 3 })));
  await persistently(() => admin.ensureStream(headsStream({ replicas: 3 })));
  await persistently(() => admin.ensureConsumer(resultsConsumer("s1")));
});

afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A cluster that elects takes no orders: they are repeated until it does. */
async function persistently<T>(act: () => Promise<T>): Promise<T> {
  let last: unknown;
  for (const deadline = performance.now() + PATIENCE.timeout; performance.now() < deadline; await env.timers.sleep(PATIENCE.interval)) {
    try {
      return await act();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

const leader = () => persistently(async () => leaderOr(await admin.streamState("RESULTS")));

function leaderOr({ leader }: { leader: string | undefined }): ServerName {
  if (leader === undefined) throw new Error("expected a leader of RESULTS, found none");
  return leader as ServerName;
}

/** Sends results without end, each until the stream has it, as the outbox does. */
class Publisher {
  readonly acknowledged = new Set<string>();
  readonly #bus: Bus;
  #isStopped = false;
  #done: Promise<void> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  start(): void {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let index = 0; !this.#isStopped; index++) {
      const id = `result-${index}`;
      for (let failures = 0; !(await this.#isTaken(id)); failures++)
        await env.timers.sleep(backoffMs(env, { baseDelayMs: 20, maxDelayMs: 500 }, failures));
      this.acknowledged.add(id);
    }
  }

  async #isTaken(id: string): Promise<boolean> {
    try {
      await this.#bus.append(resultsSubject("w1"), new TextEncoder().encode(id), { messageId: id, timeoutMs: 1_000 });
      return true;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      return false;
    }
  }
}

test("each server keeps what it acknowledges, and the stream is kept by all three", async () => {
  for (const name of cluster.names) {
    const report = (await cluster.monitor(name, "varz")) as { jetstream: { config: { sync_always: boolean } }; cluster: { name: string } };
    expect(report.jetstream.config.sync_always, name).toBe(true);
    expect(report.cluster.name).toBe("test");
  }
  await expect.poll(followers, PATIENCE).toEqual([2, 2]);
});

/** Followers of both streams that are up to date. */
async function followers(): Promise<number[]> {
  return persistently(async () => [(await admin.streamState("RESULTS")).followers, (await admin.streamState("HEADS")).followers]);
}

test("whichever server is killed, publishing and consuming go on, and nothing acknowledged is lost", async () => {
  const worker = await connectNatsBus(await cluster.credentialsOf({ role: "worker", id: "w1" }), { env, onFault: () => undefined });
  const sequencer = await connectNatsBus(await cluster.credentialsOf({ role: "sequencer", id: "s1" }), { env, onFault: () => undefined });
  const consumed = new Set<string>();
  const { stream, durable, ackWaitMs } = resultsConsumer("s1");
  await sequencer.consume({ stream, durable, ackWaitMs, prefetch: 64, attemptsMax: 100, retryDelayMaxMs: 1_000 }, (message) => {
    consumed.add(new TextDecoder().decode(message.payload));
    message.ack();
  });
  const publisher = new Publisher(worker);
  publisher.start();
  await expect.poll(() => consumed.size, PATIENCE).toBeGreaterThan(20);
  for (let round = 0; round < ROUNDS; round++) {
    // By turns the one that leads the stream, and one that follows.
    const leading = await leader();
    const lost = round % 2 === 0 ? leading : (cluster.names.find((name) => name !== leading) as ServerName);
    await cluster.kill(lost);
    const [sent, read] = [publisher.acknowledged.size, consumed.size];
    await expect.poll(() => publisher.acknowledged.size, PATIENCE).toBeGreaterThan(sent + 20);
    await expect.poll(() => consumed.size, PATIENCE).toBeGreaterThan(read + 20);
    await cluster.boot(lost);
    await expect.poll(followers, PATIENCE).toEqual([2, 2]);
  }
  await publisher.stop();
  await expect.poll(() => [...publisher.acknowledged].filter((id) => !consumed.has(id)), PATIENCE).toEqual([]);
  await worker.close();
  await sequencer.close();
});

test("who does not know the routes' password gets no route", async () => {
  expect(
    await talk(cluster.routePort("n1"), 'CONNECT {"user":"route","pass":"guess","verbose":false,"name":"stranger","cluster":"test"}\r\nPING\r\n'),
  ).toContain("Authorization Violation");
});

/** Says `text` to a port and gives what was answered until the other side hung up. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connectSocket(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (bytes) => {
      answer += bytes.toString();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}
