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
const NATS_KEY = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
const BONDED = { natsKey: NATS_KEY, region: "eu", capabilities: [], offers: [], bondUlam: 5_000_000_000n };

export interface StageOptions {
  /** Pause after each chain block. */
  readonly timeoutCommitMs: number;
  /** Variables beside those that the stage sets itself. */
  readonly variables: Readonly<Record<string, string>>;
  /** Parameters other than the preset `minimal`, as `{"rollup": {...}}`. */
  readonly overrides?: object;
  /** With a place on the bus for a second sequencer, which `standby` registers. */
  readonly hasStandby?: boolean;
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
  readonly accounts = accountKeys(this.rng);
  readonly signingSeed = this.rng.bytes(32);
  readonly standbySeed = this.rng.bytes(32);
  readonly spender = nodeEd25519Signer(this.rng.bytes(32));
  readonly chain: TestChain;
  readonly nats: TestNats;
  readonly reader: ChainReader;
  #children: (RunningSequencer & { readonly id: string })[] = [];
  /** An open connection would keep the process from ending. */
  readonly #buses: Bus[] = [];
  #actors: { worker: WorkerActor; workerBus: Bus; lane: bigint; model: ModelId; variables: Record<string, string> } | undefined;

  private constructor(directory: string, chain: TestChain, nats: TestNats, reader: ChainReader) {
    this.directory = directory;
    this.chain = chain;
    this.nats = nats;
    this.reader = reader;
  }

  static async start(options: StageOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), "lamina-sequencer-"));
    const rng = new SeededRng(77);
    const keys = Object.values(accountKeys(rng));
    const accounts = await Promise.all(keys.map(async (key) => ({ address: await accountAddress(key), ulam: 10_000_000_000n })));
    const { timeoutCommitMs, overrides = {} } = options;
    const chain = await TestChain.start({ directory: join(directory, "chain"), accounts, timeoutCommitMs, overrides });
    mkdirSync(join(directory, "nats"));
    const nats = await TestNats.start(nodeEnv(), join(directory, "nats"));
    await nats.setUpStreams(options.hasStandby === true ? ["1", "2"] : ["1"]);
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
    let output = "";
    started.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const exited = new Promise<number | string>((resolve) => started.once("close", (code, signal) => resolve(code ?? signal ?? "")));
    const running = { id: more["SEQUENCER_ID"] ?? "1", process: started, output: () => output, exited };
    this.#children.push(running);
    return running;
  }

  /** Processes of one sequencer that still run. */
  sequencersOf(id: string): RunningSequencer[] {
    return this.#children.filter((child) => child.id === id && child.process.exitCode === null && child.process.signalCode === null);
  }

  /** Registers the second sequencer; gives the variables that make a process its. */
  async standby(): Promise<Record<string, string>> {
    const context = { chainId: this.chain.chainId, height: await this.reader.height() };
    const signer = nodeEd25519Signer(this.standbySeed);
    await registerOperator(await this.senderOf("standby"), context, { ...BONDED, kind: "sequencer", signer });
    return this.#identity("2", this.accounts.standby, this.standbySeed);
  }

  /** Registers another worker, of the same model and lane. */
  async secondWorker(): Promise<{ worker: WorkerActor; bus: Bus }> {
    const { lane, model } = this.#populated;
    const worker = new WorkerActor(this.chain.chainId, model, new Map([[lane, this.spender]]), this.rng.split());
    const context = { chainId: this.chain.chainId, height: await this.reader.height() };
    await registerOperator(await this.senderOf("secondWorker"), context, { ...BONDED, kind: "worker", signer: worker.signer });
    return { worker, bus: await this.nats.connect({ role: "worker", id: toHex(worker.signer.publicKey) }) };
  }

  /** SIGKILL to every sequencer that still runs. */
  async endSequencers(): Promise<void> {
    const running = this.#children.filter(({ process: { exitCode, signalCode } }) => exitCode === null && signalCode === null);
    this.#children = [];
    for (const child of running) child.process.kill("SIGKILL");
    await Promise.all(running.map(({ exited }) => exited));
  }

  async end(): Promise<void> {
    await this.endSequencers();
    await Promise.all(this.#buses.map((bus) => bus.close()));
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
    const { worker, lane, model } = await this.#register();
    const workerBus = await this.nats.connect({ role: "worker", id: toHex(worker.signer.publicKey) });
    const gateway = { role: "gateway", id: "1", spenderIds: [toHex(this.spender.publicKey)] } as const;
    const spenderBus = await this.nats.connect(gateway);
    new SpenderActor(this.chain.chainId, spenderBus, [this.spender]);
    this.#buses.push(workerBus, spenderBus);
    const variables = {
      CHAIN_ID: this.chain.chainId,
      RPC_URL: this.chain.rpcUrl(),
      NATS_URL: this.nats.url,
      ...(await this.#identity("1", this.accounts.sequencer, this.signingSeed)),
      PATH: process.env["PATH"] ?? "",
      ...more,
    };
    this.#actors = { worker, workerBus, lane, model, variables };
  }

  async #identity(id: string, account: Uint8Array, signingSeed: Uint8Array): Promise<Record<string, string>> {
    const { credentials } = await this.nats.credentialsOf({ role: "sequencer", id });
    return {
      NATS_USER_JWT_FILE: this.secretFile(`sequencer-${id}.jwt`, credentials.userJwt()),
      NATS_SEED_FILE: this.secretFile(`sequencer-${id}.nk`, credentials.seed.reveal()),
      ACCOUNT_KEY_FILE: this.secretFile(`account-${id}`, toHex(account)),
      SIGNING_KEY_FILE: this.secretFile(`signing-${id}`, toHex(signingSeed)),
      STATE_DIR: join(this.directory, `state-${id}`),
      SEQUENCER_ID: id,
    };
  }

  async #register(): Promise<{ worker: WorkerActor; lane: bigint; model: ModelId }> {
    const context = { chainId: this.chain.chainId, height: await this.reader.height() };
    const sequencer = await this.senderOf("sequencer");
    await registerOperator(sequencer, context, { ...BONDED, kind: "sequencer", signer: nodeEd25519Signer(this.signingSeed) });
    const model = await registerModel(sequencer, manifestOfOne(this.rng), "1");
    const payer = await this.senderOf("payer");
    await deposit(payer, LANE_ULAM);
    const lane = await openLane(payer, context, { spender: this.spender, limitUlam: LANE_ULAM, endHeight: 100_000n, models: [], levels: [1] });
    const worker = new WorkerActor(this.chain.chainId, model as ModelId, new Map([[lane, this.spender]]), this.rng.split());
    await registerOperator(await this.senderOf("worker"), context, { ...BONDED, kind: "worker", signer: worker.signer });
    return { worker, lane, model: model as ModelId };
  }

  async senderOf(name: keyof Stage["accounts"]): Promise<TxSender> {
    const { comet, account } = await this.chain.connect();
    const own = await account(this.accounts[name]);
    return new TxSender(TX_SENDER_DEFAULTS, { env: this.env, comet, account: own, logger: noopLogger });
  }
}

function accountKeys(rng: SeededRng) {
  const key = () => rng.bytes(32);
  return { sequencer: key(), worker: key(), payer: key(), standby: key(), secondWorker: key() };
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
