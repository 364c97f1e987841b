import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { accountAddress, ChainReader, deposit, openLane, registerModel, registerOperator, TX_SENDER_DEFAULTS, TxSender } from "@lamina/chain-client";
import { TestChain } from "@lamina/chain-client/testing";
import { computeModelId, encodeManifest, type Job } from "@lamina/codec";
import { type Bus, workService } from "@lamina/messaging";
import { TestNats } from "@lamina/messaging/testing";
import { loadManifest } from "@lamina/models";
import { type ModelId, toHex } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { bus } from "@lamina/protocol";
import { noopLogger } from "@lamina/telemetry";
import { SeededRng } from "@lamina/testing";
import { type MadeRequest, makeRequest } from "./make-request.ts";
import { numbers } from "./test-model.ts";

const MAIN = join(import.meta.dirname, "..", "main.ts");
const ASK = 3n;
const LANE_ULAM = 400_000_000n;
const READY_TIMEOUT_MS = 60_000;
const STATE_FOLDER = "state";

export interface RunningWorker {
  readonly process: ChildProcess;
  output(): string;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** A real chain, a real bus and a real model, with one worker registered and one lane open; no sequencer. */
export class LiveNetwork {
  readonly env = nodeEnv({ crashAt: "" });
  readonly rng = new SeededRng(4711);
  readonly accounts = { worker: this.rng.bytes(32), payer: this.rng.bytes(32) };
  readonly seeds = { worker: this.rng.bytes(32), spender: this.rng.bytes(32) };
  readonly signer = nodeEd25519Signer(this.seeds.worker);
  readonly spender = nodeEd25519Signer(this.seeds.spender);
  readonly directory = mkdtempSync(join(tmpdir(), "lamina-worker-"));
  readonly log = { worker: this.signer.publicKey, level: 1, param: 0, incarnation: 0 };
  readonly #running = new Set<ChildProcess>();
  chain!: TestChain;
  nats!: TestNats;
  reader!: ChainReader;
  gateway!: Bus;
  variables: Record<string, string> = {};
  #lane = 0n;
  #model: ModelId | undefined;
  #nonce = 0;

  static async start(): Promise<LiveNetwork> {
    const network = new LiveNetwork();
    const funded = await Promise.all(
      Object.values(network.accounts).map(async (key) => ({ address: await accountAddress(key), ulam: 10_000_000_000n })),
    );
    network.chain = await TestChain.start({ directory: join(network.directory, "chain"), accounts: funded });
    network.reader = new ChainReader((await network.chain.connect()).comet);
    mkdirSync(join(network.directory, "nats"));
    network.nats = await TestNats.start(network.env, join(network.directory, "nats"));
    await network.nats.setUpStreams(["s1"]);
    await network.#register();
    await network.#connect();
    return network;
  }

  /** Starts the worker's real process and waits until it takes jobs, or ends. */
  async startWorker(more: Record<string, string> = {}, words: readonly string[] = ["--new-state"]): Promise<RunningWorker> {
    const started = spawn(process.execPath, ["--conditions=lamina-source", MAIN, ...words], {
      env: { ...this.variables, ...more },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#running.add(started);
    let output = "";
    started.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const exited = new Promise<number | string>((resolve) => started.once("exit", (code, signal) => resolve(code ?? signal ?? "")));
    const startMs = performance.now();
    while (!output.includes('"message":"metrics served"') && started.exitCode === null && started.signalCode === null) {
      if (performance.now() - startMs > READY_TIMEOUT_MS) throw new Error(`the worker did not come up: ${output}`);
      await this.env.timers.sleep(20);
    }
    return { process: started, output: () => output, exited };
  }

  async request(fields: Partial<Job> = {}): Promise<MadeRequest> {
    const settleBy = (await this.reader.height()) + 250n;
    const place = { level: 1, param: 0, worker: this.signer.publicKey, lane: this.#lane, nonce: this.#nonce++ };
    const model = this.#model as ModelId;
    const job = { ...place, model, profile: 1, items: 1, unitPrice: ASK, ceiling: 1_000n, settleBy, ...fields };
    const items = [numbers(...Array.from({ length: 30 }, () => this.rng.below(1_000) / 10))];
    return makeRequest({ chainId: this.chain.chainId, spender: this.spender, job, items }, this.rng);
  }

  async ask(made: MadeRequest, timeoutMs = 10_000): Promise<bus.WorkReply["reply"]> {
    const bytes = await this.gateway.request(workService(toHex(this.signer.publicKey)), made.payload, { timeoutMs });
    return fromBinary(bus.WorkReplySchema, bytes).reply;
  }

  async laneBalance(): Promise<bigint> {
    return BigInt((await this.reader.lane(this.#lane))?.balance ?? "0");
  }

  get laneUlam(): bigint {
    return LANE_ULAM;
  }

  get stateFolder(): string {
    return join(this.directory, STATE_FOLDER);
  }

  async sender(name: keyof LiveNetwork["accounts"]): Promise<TxSender> {
    const connection = await this.chain.connect();
    const account = await connection.account(this.accounts[name]);
    return new TxSender(TX_SENDER_DEFAULTS, { env: this.env, comet: connection.comet, account, logger: noopLogger });
  }

  /** What a failed test left running. */
  async killWorkers(): Promise<void> {
    for (const child of this.#running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
    }
    this.#running.clear();
  }

  async stop(): Promise<void> {
    await this.killWorkers();
    await this.gateway?.close();
    await this.nats?.kill();
    await this.chain?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #register(): Promise<void> {
    const manifest = encodeManifest(await loadManifest("breast-cancer", this.env.files));
    this.#model = computeModelId(manifest);
    const worker = await this.sender("worker");
    await registerModel(worker, manifest, "1");
    const context = { chainId: this.chain.chainId, height: await this.reader.height() };
    const natsKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
    const offers = [{ modelId: this.#model, unitPriceUlam: ASK }];
    const description = { natsKey, region: "eu", capabilities: ["cpu"], offers };
    await registerOperator(worker, context, { ...description, kind: "worker", signer: this.signer, bondUlam: 5_000_000_000n });
    const payer = await this.sender("payer");
    await deposit(payer, LANE_ULAM + 1_000_000n);
    const terms = { spender: this.spender, limitUlam: LANE_ULAM, endHeight: 100_000n, models: [], levels: [1] };
    this.#lane = await openLane(payer, context, terms);
  }

  async #connect(): Promise<void> {
    const workerId = toHex(this.signer.publicKey);
    const { credentials } = await this.nats.credentialsOf({ role: "worker", id: workerId });
    this.gateway = await this.nats.connect({ role: "gateway", id: "g1", spenderIds: [] });
    this.variables = {
      PATH: process.env["PATH"] ?? "",
      CHAIN_ID: this.chain.chainId,
      RPC_URL: this.chain.rpcUrl(),
      NATS_URL: this.nats.url,
      NATS_USER_JWT_FILE: this.#secret("worker.jwt", credentials.userJwt()),
      NATS_SEED_FILE: this.#secret("worker.nk", credentials.seed.reveal()),
      SIGNING_KEY_FILE: this.#secret("signing", toHex(this.seeds.worker)),
      ACCOUNT_KEY_FILE: this.#secret("account", toHex(this.accounts.worker)),
      STATE_DIR: this.stateFolder,
      LAMINA_WORKER_MODELS: JSON.stringify(["breast-cancer"]),
      MODELS_DIR: this.directory,
      CHAIN_POLL_MS: "50",
      FORCE_AFTER_HEIGHTS: "6",
      SETTLE_MARGIN_HEIGHTS: "5",
    };
  }

  #secret(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, `${text}\n`, { mode: 0o600 });
    return path;
  }
}
