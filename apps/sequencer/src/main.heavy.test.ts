import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountAddress, ChainReader, deposit, openLane, registerModel, registerOperator, TX_SENDER_DEFAULTS, TxSender } from "@lamina/chain-client";
import { TestChain } from "@lamina/chain-client/testing";
import { encodeManifest } from "@lamina/codec";
import type { Bus } from "@lamina/messaging";
import { TestNats } from "@lamina/messaging/testing";
import { type Digest, toHex } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { noopLogger } from "@lamina/telemetry";
import { SeededRng } from "@lamina/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SpenderActor, WorkerActor } from "./testing/actors.ts";

/** Where the process is killed; each once, and over and over in the long mode. The rest of its places need more than one process to reach. */
const STEPS = [
  "run-placed",
  "block-planned",
  "block-signed",
  "journal-written",
  "block-durable",
  "block-acknowledged",
  "batch-cut",
  "batch-answered",
];
const PASSINGS = process.env["LAMINA_LONG"] === "1" ? [1, 2, 3, 5, 8] : [2];

const MAIN = join(import.meta.dirname, "main.ts");
const rng = new SeededRng(77);
const accounts = { sequencer: rng.bytes(32), worker: rng.bytes(32), payer: rng.bytes(32) };
const seeds = { sequencer: rng.bytes(32), spender: rng.bytes(32) };
const spender = nodeEd25519Signer(seeds.spender);
const directory = mkdtempSync(join(tmpdir(), "lamina-sequencer-"));
const env = nodeEnv();
let chain: TestChain;
let nats: TestNats;
let reader: ChainReader;
let worker: WorkerActor;
let workerBus: Bus;
let lane: bigint;
let variables: Record<string, string>;
const children: ChildProcess[] = [];

async function senderOf(name: keyof typeof accounts): Promise<TxSender> {
  const connection = await chain.connect();
  const account = await connection.account(accounts[name]);
  return new TxSender(TX_SENDER_DEFAULTS, { env, comet: connection.comet, account, logger: noopLogger });
}

function secretFile(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

async function register(): Promise<void> {
  const context = { chainId: chain.chainId, height: await reader.height() };
  const described = { natsKey: "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4", region: "eu", capabilities: [], offers: [] };
  const bonded = { ...described, bondUlam: 5_000_000_000n };
  const sequencer = await senderOf("sequencer");
  await registerOperator(sequencer, context, { ...bonded, kind: "sequencer", signer: nodeEd25519Signer(seeds.sequencer) });
  const manifest = encodeManifest({
    name: "one",
    task: "classification",
    licence: "Apache-2.0",
    source: "test",
    files: [{ path: "model.onnx", size: 1n, sha256: rng.bytes(32) as Digest }],
    graph: "model.onnx",
    inputs: [{ name: "in", type: 1 }],
    outputs: [{ name: "out", type: 1 }],
    profiles: [{ id: 1, unitsPerItem: 1n, inputs: [[1, 1]], outputs: [[1, 1]] }],
    labels: [],
    levels: [1],
  });
  const model = await registerModel(sequencer, manifest, "1");
  const payer = await senderOf("payer");
  await deposit(payer, 500_000_000n);
  lane = await openLane(payer, context, { spender, limitUlam: 400_000_000n, endHeight: 100_000n, models: [], levels: [1] });
  worker = new WorkerActor(chain.chainId, model, new Map([[lane, spender]]), rng.split());
  await registerOperator(await senderOf("worker"), context, { ...bonded, kind: "worker", signer: worker.signer });
}

beforeAll(async () => {
  const funded = await Promise.all(Object.values(accounts).map(async (key) => ({ address: await accountAddress(key), ulam: 10_000_000_000n })));
  chain = await TestChain.start({ directory: join(directory, "chain"), accounts: funded, timeoutCommitMs: 400 });
  reader = new ChainReader((await chain.connect()).comet);
  await register();
  mkdirSync(join(directory, "nats"));
  nats = await TestNats.start(env, join(directory, "nats"));
  await nats.setUpStreams(["1"]);
  const { credentials } = await nats.credentialsOf({ role: "sequencer", id: "1" });
  workerBus = await nats.connect({ role: "worker", id: toHex(worker.signer.publicKey) });
  const spenderIds = [toHex(spender.publicKey)];
  new SpenderActor(chain.chainId, await nats.connect({ role: "gateway", id: "1", spenderIds }), [spender]);
  variables = {
    CHAIN_ID: chain.chainId,
    RPC_URL: chain.rpcUrl(),
    NATS_URL: nats.url,
    NATS_USER_JWT_FILE: secretFile("sequencer.jwt", credentials.userJwt()),
    NATS_SEED_FILE: secretFile("sequencer.nk", credentials.seed.reveal()),
    ACCOUNT_KEY_FILE: secretFile("account", toHex(accounts.sequencer)),
    SIGNING_KEY_FILE: secretFile("signing", toHex(seeds.sequencer)),
    STATE_DIR: join(directory, "state"),
    SEQUENCER_ID: "1",
    BLOCK_INTERVAL_MS: "60",
    CHAIN_POLL_MS: "50",
    // On a busy machine a late spender would cost the payer single signatures, and the sums below would not tell.
    SPEND_DEADLINE_MS: "10000",
    PATH: process.env["PATH"] ?? "",
  };
});

afterEach(async () => {
  const ended = children.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  await Promise.all(ended.map((child) => new Promise((resolve) => child.once("exit", resolve).kill("SIGKILL"))));
});

afterAll(async () => {
  await workerBus?.close();
  await nats?.kill();
  await chain?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function startSequencer(more: Record<string, string> = {}): { process: ChildProcess; output: () => string; exited: Promise<number | string> } {
  const started = spawn(process.execPath, ["--conditions=lamina-source", MAIN], {
    env: { ...variables, ...more },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(started);
  let output = "";
  started.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exited = new Promise<number | string>((resolve) => started.once("close", (code, signal) => resolve(code ?? signal ?? "")));
  return { process: started, output: () => output, exited };
}

async function publish(rounds: number): Promise<void> {
  worker.settleBy = (await reader.height()) + 250n;
  for (let round = 0; round < rounds; round++) {
    worker.work(1 + rng.below(4));
    await worker.publish(workerBus);
    await sleep(40);
  }
}

/** As `publish`, trying again while the bus is away. */
async function publishThrough(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    worker.work(2);
    for (let tries = 0; tries < 40; tries++) {
      const isSent = await worker.publish(workerBus).then(
        () => true,
        () => false,
      );
      if (isSent) break;
      await sleep(250);
    }
  }
}

/** Goes on until `ended`, however long a process takes to start on a busy machine. */
async function publishUntil(ended: Promise<unknown>): Promise<void> {
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  for (let round = 0; !isEnded && round < 300; round++) await publish(2);
}

async function awaitSettled(): Promise<void> {
  for (let waitedMs = 0; waitedMs < 40_000; waitedMs += 100) {
    const { count } = await reader.log(worker.log);
    if (count === BigInt(worker.rows.length)) return;
    await sleep(100);
  }
  throw new Error(`of ${worker.rows.length} rows ${(await reader.log(worker.log)).count} settled`);
}

/** Each row cost its charge and nothing else, once: they were all paid, under their spender's roots. */
async function expectPaidOnce(): Promise<void> {
  const charges = worker.rows.reduce((sum, row) => sum + row.charge, 0n);
  expect(BigInt((await reader.lane(lane))?.balance ?? "")).toBe(400_000_000n - charges);
}

describe("the sequencer's process, between a real bus and a real chain", () => {
  test("orders results, brings them onto the chain, serves its state, and ends in order", async () => {
    const { output, exited, process: running } = startSequencer();
    await publish(6);
    await awaitSettled();
    await expectPaidOnce();
    const port = /"message":"status is served".*"port":(\d+)/.exec(output())?.[1];
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { duty: "ours", term: "1" }]);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("lamina_sequencer_batches_total");
    running.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  const kills = STEPS.flatMap((step) => PASSINGS.map((passing): [string, number] => [step, passing]));
  test.each(kills)("killed at %s, passing %i, a new one goes on: everything paid, once (I4, I6, T33)", async (step, passing) => {
    const killed = startSequencer({ LAMINA_CRASH_AT: `sequencer.${step}:${passing}` });
    await publishUntil(killed.exited);
    expect(await killed.exited).toBe("SIGKILL");
    const next = startSequencer();
    await publish(2);
    await awaitSettled();
    await expectPaidOnce();
    next.process.kill("SIGTERM");
    expect(await next.exited).toBe(0);
  });

  test("with bus and node killed under it, it waits, and goes on by itself", async () => {
    const { process: running, exited } = startSequencer();
    await publish(3);
    await Promise.all([nats.kill(), chain.killNode(0)]);
    await sleep(1_500);
    await nats.boot();
    await publishThrough(3);
    await sleep(500);
    chain.startNode(0);
    await publishThrough(3);
    await chain.awaitHeight(1n);
    await awaitSettled();
    await expectPaidOnce();
    running.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  test("bad configuration is told, every variable at once, without values", async () => {
    const { exited, output } = startSequencer({ CHAIN_ID: "not a chain", RPC_URL: "gopher://x", BLOCK_INTERVAL_MS: "soon" });
    expect(await exited).toBe(1);
    for (const name of ["CHAIN_ID", "RPC_URL", "BLOCK_INTERVAL_MS"]) expect(output()).toContain(name);
    expect(output()).not.toContain("gopher");
  });

  test("another chain's id, a key for all to read, and a lost journal each keep it from starting (I34)", async () => {
    const wrong = startSequencer({ CHAIN_ID: "lamina-dev-other" });
    expect(await wrong.exited).toBe(1);
    expect(wrong.output()).toContain("WRONG_CHAIN");
    const open = join(directory, "open");
    writeFileSync(open, readFileSync(variables["SIGNING_KEY_FILE"] ?? ""), { mode: 0o644 });
    const leaky = startSequencer({ SIGNING_KEY_FILE: open });
    expect(await leaky.exited).toBe(1);
    expect(leaky.output()).toContain("expected mode 600");
    const forgetful = startSequencer({ STATE_DIR: join(directory, "elsewhere") });
    expect(await forgetful.exited).toBe(1);
    expect(forgetful.output()).toContain("SIGNER_STATE");
    expect(`${wrong.output()}${leaky.output()}${forgetful.output()}`).not.toContain(toHex(seeds.sequencer));
  });
});
