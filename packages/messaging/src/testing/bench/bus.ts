import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeEnv } from "@lamina/primitives/node";
import { type Bus, makeUserKeys, RESULTS_ACK_WAIT_MS, RESULTS_STREAM, resultsDurable, resultsSubject, workService } from "../../index.ts";
import { TestNats } from "../test-nats.ts";

/**
 * What the bus costs on this machine: `npx node --conditions=lamina-source packages/messaging/src/testing/bench/bus.ts`. Asker, worker and server are three
 * processes; the server is the devnet's (R1, encrypted file store, every write synced).
 */
const env = nodeEnv();
const SERVICE = workService("w1");

interface Row {
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "lamina-bench-"));
  const nats = await TestNats.start(env, directory);
  await nats.setUpStreams(["s1"]);
  const keys = makeUserKeys();
  const { credentials } = await nats.credentialsOf({ role: "worker", id: "w1" }, keys);
  const child = fork(fileURLToPath(new URL("echo-worker.ts", import.meta.url)), { execArgv: ["--conditions=lamina-source"] });
  child.send({ url: nats.url, jwt: credentials.userJwt(), seed: keys.seed.reveal() });
  await once(child, "message");
  const gateway = await nats.connect({ role: "gateway", id: "g1", spenderIds: [] });
  const worker = await nats.connect({ role: "worker", id: "w2" });
  const sequencer = await nats.connect({ role: "sequencer", id: "s1" });

  const rows: Row[] = [];
  for (const [label, bytes, count, atOnce] of [
    ["1 KB", 1024, 20_000, 64],
    ["100 KB", 100 * 1024, 2_000, 64],
    ["5 MB", 5 * 1024 * 1024, 40, 8],
  ] as const) {
    const payload = env.random.bytes(bytes);
    const ask = () => gateway.request(SERVICE, payload, { timeoutMs: 60_000 });
    rows.push(await measure(`request and reply, ${label}, 1 at a time`, Math.ceil(count / 10), 1, ask));
    rows.push(await measure(`request and reply, ${label}, ${atOnce} at a time`, count, atOnce, ask));
  }
  rows.push(await measureConsuming(worker, sequencer, rows));
  print(rows);
  child.disconnect();
  for (const bus of [gateway, worker, sequencer]) await bus.close();
  await nats.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Appends 400-byte results, then counts how fast a sequencer gets and acknowledges them. */
async function measureConsuming(worker: Bus, sequencer: Bus, rows: Row[]): Promise<Row> {
  const payload = env.random.bytes(400);
  let sent = 0;
  const append = () => worker.append(resultsSubject("w2"), payload, { messageId: `m${sent++}`, timeoutMs: 60_000 });
  rows.push(await measure("append, 400 B, 1 at a time", 1_000, 1, append));
  rows.push(await measure("append, 400 B, 64 at a time", 10_000, 64, append));
  rows.push(await measure("append, 400 B, 512 at a time", 20_000, 512, append));
  const queue = {
    stream: RESULTS_STREAM,
    durable: resultsDurable("s1"),
    prefetch: 5_000,
    attemptsMax: 10,
    retryDelayMaxMs: 1_000,
    ackWaitMs: RESULTS_ACK_WAIT_MS,
  };
  const done = Promise.withResolvers<void>();
  const startMs = env.clock.monotonicMs();
  let got = 0;
  await sequencer.consume(queue, (message) => {
    message.ack();
    if (++got === sent) done.resolve();
  });
  await done.promise;
  const totalMs = env.clock.monotonicMs() - startMs;
  return { what: "consume and acknowledge, 400 B", perSecond: (got / totalMs) * 1000, p50Ms: Number.NaN, p99Ms: Number.NaN };
}

async function measure(what: string, count: number, atOnce: number, act: () => Promise<unknown>): Promise<Row> {
  for (let index = 0; index < Math.min(200, count); index++) await act();
  const tookMs: number[] = [];
  let left = count;
  const startMs = env.clock.monotonicMs();
  const one = async () => {
    while (left-- > 0) {
      const fromMs = env.clock.monotonicMs();
      await act();
      tookMs.push(env.clock.monotonicMs() - fromMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  const totalMs = env.clock.monotonicMs() - startMs;
  tookMs.sort((left_, right) => left_ - right);
  const at = (part: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * part))] ?? Number.NaN;
  return { what, perSecond: (count / totalMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function print(rows: readonly Row[]): void {
  const [cpu] = cpus();
  const lines = rows.map(({ what, perSecond, p50Ms, p99Ms }) => `| ${what} | ${perSecond.toFixed(0)} | ${cell(p50Ms)} | ${cell(p99Ms)} |`);
  process.stdout.write(
    [
      `${cpus().length} × ${cpu?.model ?? "?"}, Node ${process.version}`,
      "",
      "| what | a second | p50 ms | p99 ms |",
      "|---|---|---|---|",
      ...lines,
      "",
    ].join("\n"),
  );
}

function cell(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(2);
}

await main();
