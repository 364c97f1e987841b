import { decodeHeader, headerHash } from "@lamina/codec";
import { ALL_PRECONFIRMATIONS, type Bus, decodeMessage, messageSchemas, RESULTS_STREAM, resultsConsumer, resultsStream } from "@lamina/messaging";
import { MemoryBroker } from "@lamina/messaging/testing";
import { chainId, type Env, type ModelId, toHex } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer } from "@lamina/primitives/node";
import { noopMetrics } from "@lamina/telemetry";
import { type RecordingLogger, recordingLogger } from "@lamina/telemetry/testing";
import { type FakeEnv, fakeEnv } from "@lamina/testing";
import type { SequencerChain } from "../chain-port.ts";
import { Sequencer, type SequencerOptions } from "../service.ts";
import { SpenderActor, WorkerActor } from "./actors.ts";
import { FakeChain, verifyFast } from "./fake-chain.ts";

const SEQUENCER_ID = "1";
export const testChain = chainId("lamina-test-1");

/** Everything around a sequencer: it may be killed and started again, the rest goes on. */
export class World {
  readonly env: FakeEnv;
  readonly broker: MemoryBroker;
  readonly chain: FakeChain;
  readonly signer: NodeSigner;
  readonly workers: WorkerActor[];
  readonly spender: SpenderActor;
  readonly workerBus: Bus;
  readonly logger: RecordingLogger = recordingLogger();
  /** Header hashes that were shown, by term and number. */
  readonly shown = new Map<string, Set<string>>();
  #life: Life | undefined;
  #crashAt: { readonly name: string; readonly passing: number } | undefined;
  readonly #passings = new Map<string, number>();

  constructor(seed: number, workerCount = 3) {
    this.env = fakeEnv(seed);
    const { rng } = this.env;
    this.signer = nodeEd25519Signer(rng.bytes(32));
    this.broker = new MemoryBroker(this.env);
    this.broker.addStream(resultsStream({ replicas: 1 }));
    this.broker.addConsumer(resultsConsumer(SEQUENCER_ID));
    this.chain = new FakeChain(testChain, this.signer.publicKey, this.env);
    const model = rng.bytes(32) as ModelId;
    const spenders = new Map([11n, 12n, 300n].map((lane) => [lane, nodeEd25519Signer(rng.bytes(32))]));
    this.chain.models.set(toHex(model), { registeredHeight: 3n });
    for (const [lane, { publicKey }] of spenders) this.chain.lanes.set(lane, { registeredHeight: 5n, spenderKey: publicKey });
    this.workers = Array.from({ length: workerCount }, () => new WorkerActor(testChain, model, spenders, rng.split()));
    for (const { signer } of this.workers) this.chain.workers.set(toHex(signer.publicKey), { registeredHeight: 2n });
    const signers = [...spenders.values()];
    const gatewayBus = this.broker.connect({ role: "gateway", id: "1", spenderIds: signers.map(({ publicKey }) => toHex(publicKey)) });
    this.spender = new SpenderActor(testChain, gatewayBus, signers);
    gatewayBus.listen(ALL_PRECONFIRMATIONS, ({ payload }) => this.#onPreconfirmation(payload));
    this.workerBus = new WorkersBus(this.broker) as unknown as Bus;
  }

  /** The process is killed when it passes the place for the n-th time. */
  crashAt(name: string, passing: number): void {
    this.#crashAt = { name, passing };
    this.#passings.clear();
  }

  /** True until the place of `crashAt` was passed often enough. */
  get isCrashPending(): boolean {
    return this.#crashAt !== undefined;
  }

  get isAlive(): boolean {
    return this.#life !== undefined && !this.#life.isDead;
  }

  async start(change: Partial<SequencerOptions> = {}): Promise<Sequencer> {
    const life = new Life(this.env, this.broker, this.chain, (name) => this.#passes(name));
    this.#life = life;
    const sequencer = await this.env.time.run(
      Sequencer.start(
        { ...OPTIONS, ...change },
        { env: life.env, bus: life.bus, chain: life.chain, signer: this.signer, verify: verifyFast, logger: this.logger, metrics: noopMetrics },
      ),
    );
    life.sequencer = sequencer;
    return sequencer;
  }

  /** SIGKILL with the plug pulled: nothing runs on, unsynced bytes are gone. */
  async kill(): Promise<void> {
    await this.#life?.end();
    this.env.files.losePower();
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life?.sequencer === undefined) return;
    await this.env.time.run(life.sequencer.stop());
    await life.end();
  }

  /** Lets everything come to rest, starting the sequencer again whenever it was killed; fails where it takes longer than `untilMs`. */
  async settle(untilMs = 120_000): Promise<void> {
    const all = this.workers.flatMap(({ rows }) => rows).length;
    for (let spentMs = 0; spentMs < untilMs; spentMs += 100) {
      await this.env.advance(100);
      if (!this.isAlive) {
        await this.kill();
        await this.start();
      }
      if (this.chain.settled.length >= all && this.broker.stream(RESULTS_STREAM).messages === 0) return;
    }
    throw new Error(`of ${all} rows ${this.chain.settled.length} settled, ${this.broker.stream(RESULTS_STREAM).messages} messages left`);
  }

  #passes(name: string): boolean {
    const passing = (this.#passings.get(name) ?? 0) + 1;
    this.#passings.set(name, passing);
    if (this.#crashAt?.name !== name || this.#crashAt.passing !== passing) return false;
    this.#crashAt = undefined;
    return true;
  }

  #onPreconfirmation(payload: Uint8Array): void {
    const said = decodeMessage(messageSchemas.preconfirmation, payload);
    const header = decodeHeader(said.header);
    if (!verifyFast(said.sequencerKey, said.header, said.signature)) throw new Error("a pre-confirmation is not signed");
    const place = `${header.term}/${header.number}`;
    this.shown.set(place, (this.shown.get(place) ?? new Set()).add(toHex(headerHash(header))));
  }
}

const OPTIONS: SequencerOptions = {
  chainId: testChain,
  sequencerId: SEQUENCER_ID,
  journalDirectory: "/state/journal",
  journalFileBytesMax: 4_000,
  faultsDirectory: "/state/faults",
  blockIntervalMs: 200,
  blockRowsMax: 40,
  unsettledRowsMax: 300,
  spendDeadlineMs: 100,
  chainPollMs: 100,
  takesOver: true,
  takeOverPollMs: 1_000,
  lyingMs: 5_000,
  termTrustMs: 5_000,
  prefetch: 100,
  drainMs: 5_000,
};

/** One process: once dead, none of its calls ever comes back. */
class Life {
  readonly env: Env;
  readonly bus: Bus;
  readonly chain: SequencerChain;
  sequencer: Sequencer | undefined;
  isDead = false;

  constructor(env: FakeEnv, broker: MemoryBroker, chain: FakeChain, dies: (name: string) => boolean) {
    const never = new Promise<never>(() => undefined);
    const mortal = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (_, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            if (this.isDead) return never;
            const result: unknown = Reflect.apply(value, target, args);
            if (!(result instanceof Promise)) return result;
            return result.then(
              (found: unknown) => (this.isDead ? never : mortalHandle(found)),
              (error: unknown) => (this.isDead ? never : Promise.reject(error)),
            );
          };
        },
      });
    const mortalHandle = (found: unknown) => (typeof found === "object" && found !== null && "sync" in found ? mortal(found) : found);
    const step = (name: string) => {
      if (!dies(name)) return this.isDead ? never : undefined;
      this.isDead = true;
      return never;
    };
    this.env = { ...env, clock: env.clock, timers: mortal(env.timers), files: mortal(env.files), random: env.random, step: step as Env["step"] };
    this.bus = broker.connect({ role: "sequencer", id: SEQUENCER_ID });
    this.chain = mortal(chain as SequencerChain);
  }

  async end(): Promise<void> {
    this.isDead = true;
    await this.bus.close();
  }
}

/** One sender in all workers' places: each message goes over the connection that its worker may use. */
class WorkersBus {
  readonly #broker: MemoryBroker;
  readonly #buses = new Map<string, Bus>();

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  append(...args: Parameters<Bus["append"]>): ReturnType<Bus["append"]> {
    const id = args[0].split(".").at(-1) ?? "";
    const bus = this.#buses.get(id) ?? this.#broker.connect({ role: "worker", id });
    this.#buses.set(id, bus);
    return bus.append(...args);
  }
}
