import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountAddress, ChainReader, deposit, openLane, registerModel, registerOperator, TX_SENDER_DEFAULTS, TxSender } from "@lamina/chain-client";
import { TestChain } from "@lamina/chain-client/testing";
import { encodeManifest } from "@lamina/codec";
import type { Bus } from "@lamina/messaging";
import { TestNats } from "@lamina/messaging/testing";
import { type Digest, type ModelId, toHex } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { noopLogger } from "@lamina/telemetry";
import { SeededRng } from "@lamina/testing";
import { SpenderActor, WorkerActor } from "./actors.ts";

const MAIN = join(dirname(import.meta.dirname), "main.ts");
export const LANE_ULAM = 400_000_000n;

export interface StageOptions {
  /** Pause after each chain block. */
  readonly timeoutCommitMs: number;
  /** Variables beside those that the stage sets itself. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface RunningSequencer {
  readonly process: ChildProcess;
  output(): string;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** A real chain, a real bus, a worker, a spender, and processes of the sequencer between them. */
export class Stage {
  readonly rng = new SeededRng(77);
  readonly env = nodeEnv();
  readonly directory: string;
  readonly accounts = { sequencer: this.rng.bytes(32), worker: this.rng.bytes(32), payer: this.rng.bytes(32) };
  readonly signingSeed = this.rng.bytes(32);
  readonly spender = nodeEd25519Signer(this.rng.bytes(32));
  readonly chain: TestChain;
  readonly nats: TestNats;
  readonly reader: ChainReader;
  #children: ChildProcess[] = [];
  #actors: { worker: WorkerActor; workerBus: Bus; lane: bigint; variables: Record<string, string> } | undefined;

  private constructor(directory: string, chain: TestChain, nats: TestNats, reader: ChainReader) {
    this.directory = directory;
    this.chain = chain;
    this.nats = nats;
    this.reader = reader;
  }

  static async start(options: StageOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), "lamina-sequencer-"));
    const rng = new SeededRng(77);
    const accounts = await Promise.all([1, 2, 3].map(async () => ({ address: await accountAddress(rng.bytes(32)), ulam: 10_000_000_000n })));
    const chain = await TestChain.start({ directory: join(directory, "chain"), accounts, timeoutCommitMs: options.timeoutCommitMs });
    mkdirSync(join(directory, "nats"));
    const nats = await TestNats.start(nodeEnv(), join(directory, "nats"));
    await nats.setUpStreams(["1"]);
    const stage = new Stage(directory, chain, nats, new ChainReader((await chain.connect()).comet));
    await stage.#populate(options.variables);
    return stage;
  }

  get worker(): WorkerActor {
    return this.#populated.worker;
  }

  get workerBus(): Bus {
    return this.#populated.workerBus;
  }

  get lane(): bigint {
    return this.#populated.lane;
  }

  get variables(): Readonly<Record<string, string>> {
    return this.#populated.variables;
  }

  startSequencer(more: Readonly<Record<string, string>> = {}): RunningSequencer {
    const words = ["--conditions=lamina-source", MAIN];
    const started = spawn(process.execPath, words, { env: { ...this.variables, ...more }, stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(started);
    let output = "";
    started.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const exited = new Promise<number | string>((resolve) => started.once("close", (code, signal) => resolve(code ?? signal ?? "")));
    return { process: started, output: () => output, exited };
  }

  /** SIGKILL to every sequencer that still runs. */
  async endSequencers(): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    this.#children = [];
    await Promise.all(running.map((child) => new Promise((resolve) => child.once("exit", resolve).kill("SIGKILL"))));
  }

  async end(): Promise<void> {
    await this.endSequencers();
    await this.#actors?.workerBus.close();
    await this.nats.kill();
    await this.chain.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Waits until the chain has settled all of the worker's rows. */
  async awaitSettled(withinMs = 60_000): Promise<void> {
    for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 50) {
      const { count } = await this.reader.log(this.worker.log);
      if (count === BigInt(this.worker.rows.length)) return;
      await sleep(50);
    }
    throw new Error(`of ${this.worker.rows.length} rows ${(await this.reader.log(this.worker.log)).count} settled`);
  }

  secretFile(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, `${text}\n`, { mode: 0o600 });
    return path;
  }

  get #populated() {
    if (this.#actors === undefined) throw new Error("the stage is not set yet");
    return this.#actors;
  }

  async #populate(more: Readonly<Record<string, string>>): Promise<void> {
    const { worker, lane } = await this.#register();
    const { credentials } = await this.nats.credentialsOf({ role: "sequencer", id: "1" });
    const workerBus = await this.nats.connect({ role: "worker", id: toHex(worker.signer.publicKey) });
    const gateway = { role: "gateway", id: "1", spenderIds: [toHex(this.spender.publicKey)] } as const;
    new SpenderActor(this.chain.chainId, await this.nats.connect(gateway), [this.spender]);
    const variables = {
      CHAIN_ID: this.chain.chainId,
      RPC_URL: this.chain.rpcUrl(),
      NATS_URL: this.nats.url,
      NATS_USER_JWT_FILE: this.secretFile("sequencer.jwt", credentials.userJwt()),
      NATS_SEED_FILE: this.secretFile("sequencer.nk", credentials.seed.reveal()),
      ACCOUNT_KEY_FILE: this.secretFile("account", toHex(this.accounts.sequencer)),
      SIGNING_KEY_FILE: this.secretFile("signing", toHex(this.signingSeed)),
      STATE_DIR: join(this.directory, "state"),
      SEQUENCER_ID: "1",
      PATH: process.env["PATH"] ?? "",
      ...more,
    };
    this.#actors = { worker, workerBus, lane, variables };
  }

  async #register(): Promise<{ worker: WorkerActor; lane: bigint }> {
    const context = { chainId: this.chain.chainId, height: await this.reader.height() };
    const described = { natsKey: "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4", region: "eu", capabilities: [], offers: [] };
    const bonded = { ...described, bondUlam: 5_000_000_000n };
    const sequencer = await this.#senderOf("sequencer");
    await registerOperator(sequencer, context, { ...bonded, kind: "sequencer", signer: nodeEd25519Signer(this.signingSeed) });
    const model = await registerModel(sequencer, manifestOfOne(this.rng), "1");
    const payer = await this.#senderOf("payer");
    await deposit(payer, LANE_ULAM);
    const lane = await openLane(payer, context, { spender: this.spender, limitUlam: LANE_ULAM, endHeight: 100_000n, models: [], levels: [1] });
    const worker = new WorkerActor(this.chain.chainId, model as ModelId, new Map([[lane, this.spender]]), this.rng.split());
    await registerOperator(await this.#senderOf("worker"), context, { ...bonded, kind: "worker", signer: worker.signer });
    return { worker, lane };
  }

  async #senderOf(name: keyof Stage["accounts"]): Promise<TxSender> {
    const { comet, account } = await this.chain.connect();
    const own = await account(this.accounts[name]);
    return new TxSender(TX_SENDER_DEFAULTS, { env: this.env, comet, account: own, logger: noopLogger });
  }
}

/** A model of one number in and one out, one unit an item. */
function manifestOfOne(rng: SeededRng): Uint8Array {
  return encodeManifest({
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
}
