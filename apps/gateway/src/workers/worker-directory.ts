import { fromBinary } from "@bufbuild/protobuf";
import type { Notice } from "@lamina/messaging";
import type { Env, PublicKey } from "@lamina/primitives";
import { bytesEqual, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { ChainFollower } from "../chain/chain-follower.ts";
import type { ChainWorker } from "../chain/chain-snapshot.ts";
import { chooseWorker, type WorkerLoad } from "./choose-worker.ts";

const SERVING = "serving";
const LATENCY_WEIGHT = 0.2;
const SUSPENSION_MIN_MS = 250;
const SUSPENSION_MAX_MS = 30_000;
const BAD_ANSWER_SUSPENSION_MS = 60_000;
/** Heartbeats of a busy machine come late: a worker silent for this many times the usual age is still asked where nobody else is left. */
const LATE_FACTOR = 4;

export interface WorkerDirectoryOptions {
  /** A worker silent for longer is not asked while another one is there. */
  readonly heartbeatMaxAgeMs: number;
  /** No job is signed for more than this, ulam per unit. */
  readonly unitPriceMax: bigint;
}

interface Heard {
  readonly name: string;
  readonly heartbeat: bus.Heartbeat;
  /** By model id in hex: looked up at every job. */
  readonly loads: ReadonlyMap<string, bus.ModelLoad>;
  readonly heardAtMs: number;
}

interface Record {
  failures: number;
  suspendedUntilMs: number;
  /** By model id in hex. */
  readonly latencyMs: Map<string, number>;
  readonly inFlight: Map<string, number>;
}

/** A worker picked for one job. */
export interface ChosenWorker {
  /** Its name on the bus. */
  readonly name: string;
  readonly signingKey: PublicKey;
  readonly unitPrice: bigint;
}

export interface WorkerTerms {
  /** Ulam per unit. */
  readonly unitPrice: bigint;
  /** What asking costs beyond the worker's own time, as measured here; undefined before the first answer. */
  readonly addedLatencyMs: number | undefined;
}

/** Who serves what, how fast and for how much: heartbeats, checked against the chain's registry, and what this gateway measured itself. */
export class WorkerDirectory {
  readonly #options: WorkerDirectoryOptions;
  readonly #chain: ChainFollower;
  readonly #clock: Env["clock"];
  readonly #logger: Logger;
  readonly #heard = new Map<string, Heard>();
  readonly #records = new Map<string, Record>();
  #turn = 0;

  constructor(
    options: WorkerDirectoryOptions,
    dependencies: { readonly env: Pick<Env, "clock">; readonly chain: ChainFollower; readonly logger: Logger },
  ) {
    this.#options = options;
    this.#chain = dependencies.chain;
    this.#clock = dependencies.env.clock;
    this.#logger = dependencies.logger;
  }

  /** Takes a heartbeat. Its subject names who sent it: the bus lets nobody else publish there (T18). */
  hear(notice: Notice): void {
    const name = notice.subject.slice(notice.subject.lastIndexOf(".") + 1);
    const heartbeat = fromBinary(bus.HeartbeatSchema, notice.payload);
    const loads = new Map(heartbeat.models.map((load) => [toHex(load.modelId), load]));
    this.#heard.set(name, { name, heartbeat, loads, heardAtMs: this.#clock.monotonicMs() });
  }

  /**
   * The best worker for a model that is not in `except`; undefined where there is none. One whose heartbeat is late is the last choice: if it is gone,
   * the bus says so at once, and nothing is lost by asking.
   */
  choose(modelIdHex: string, except: ReadonlySet<string>): ChosenWorker | undefined {
    const { heartbeatMaxAgeMs } = this.#options;
    const within = (ageMaxMs: number) => this.#serving(modelIdHex, ageMaxMs).filter(({ name }) => !except.has(name));
    const fresh = within(heartbeatMaxAgeMs);
    const best = chooseWorker(fresh.length > 0 ? fresh : within(heartbeatMaxAgeMs * LATE_FACTOR), this.#turn++);
    return best === undefined ? undefined : { name: best.name, signingKey: best.signingKey, unitPrice: best.unitPrice };
  }

  /** Workers that serve the model now. */
  count(modelIdHex: string): number {
    return this.#serving(modelIdHex).length;
  }

  /** What the worker that would be asked next wants and takes; undefined where nobody serves the model. */
  terms(modelIdHex: string): WorkerTerms | undefined {
    const best = chooseWorker(this.#serving(modelIdHex), 0);
    if (best === undefined) return undefined;
    const measuredMs = this.#recordOf(best.name).latencyMs.get(modelIdHex);
    const ownMs = this.#heard.get(best.name)?.loads.get(modelIdHex)?.latencyP50Ms ?? 0;
    return { unitPrice: best.unitPrice, addedLatencyMs: measuredMs === undefined ? undefined : Math.max(0, measuredMs - ownMs) };
  }

  started(name: string, modelIdHex: string): void {
    const { inFlight } = this.#recordOf(name);
    inFlight.set(modelIdHex, (inFlight.get(modelIdHex) ?? 0) + 1);
  }

  ended(name: string, modelIdHex: string): void {
    const { inFlight } = this.#recordOf(name);
    inFlight.set(modelIdHex, Math.max(0, (inFlight.get(modelIdHex) ?? 0) - 1));
  }

  answered(name: string, modelIdHex: string, latencyMs: number): void {
    const record = this.#recordOf(name);
    const before = record.latencyMs.get(modelIdHex) ?? latencyMs;
    record.latencyMs.set(modelIdHex, before + LATENCY_WEIGHT * (latencyMs - before));
    record.failures = 0;
  }

  /** It did not answer within a job's time, which is its client's choice: it counts as slow, never as gone, or one tenant could take it from all (I30). */
  timedOut(name: string, modelIdHex: string, waitedMs: number): void {
    const { latencyMs } = this.#recordOf(name);
    const before = latencyMs.get(modelIdHex) ?? 0;
    latencyMs.set(modelIdHex, Math.max(before, before + LATENCY_WEIGHT * (waitedMs - before)));
  }

  /** It cannot be reached, or does not do what it offers: others are asked for a while, longer each time. */
  failed(name: string): void {
    const record = this.#recordOf(name);
    const pauseMs = Math.min(SUSPENSION_MAX_MS, SUSPENSION_MIN_MS * 2 ** record.failures++);
    record.suspendedUntilMs = this.#clock.monotonicMs() + pauseMs;
  }

  /** It signed, or sent, what is not the answer to its job (T27). */
  lied(name: string): void {
    this.#recordOf(name).suspendedUntilMs = this.#clock.monotonicMs() + BAD_ANSWER_SUSPENSION_MS;
  }

  #serving(modelIdHex: string, ageMaxMs = this.#options.heartbeatMaxAgeMs): WorkerLoad[] {
    const workers = this.#chain.latest?.workers ?? [];
    return workers.flatMap((worker) => this.#loadOf(worker, modelIdHex, ageMaxMs) ?? []);
  }

  #loadOf(worker: ChainWorker, modelIdHex: string, ageMaxMs: number): WorkerLoad | undefined {
    const offered = worker.offers.get(modelIdHex);
    if (offered === undefined) return undefined;
    const heard = this.#heard.get(worker.keyHex) ?? this.#heard.get(String(worker.operatorId));
    if (heard === undefined || this.#clock.monotonicMs() - heard.heardAtMs > ageMaxMs) return undefined;
    if (heard.heartbeat.state !== SERVING || !this.#isItself(heard, worker)) return undefined;
    const load = heard.loads.get(modelIdHex);
    const record = this.#recordOf(heard.name);
    if (load === undefined || record.suspendedUntilMs > this.#clock.monotonicMs()) return undefined;
    // What it asks now may be more than what it registered; a job below its ask is refused.
    const unitPrice = load.unitPrice > offered ? load.unitPrice : offered;
    if (unitPrice > this.#options.unitPriceMax) return undefined;
    return {
      name: heard.name,
      signingKey: worker.signingKey,
      unitPrice,
      latencyMs: record.latencyMs.get(modelIdHex) ?? load.latencyP50Ms,
      waiting: Math.max(load.waiting, record.inFlight.get(modelIdHex) ?? 0),
      sessions: Math.max(1, load.sessions),
    };
  }

  #isItself({ name, heartbeat }: Heard, worker: ChainWorker): boolean {
    if (bytesEqual(heartbeat.worker, worker.signingKey)) return true;
    this.#logger.debug("a heartbeat names another key than the chain", { worker: name, expected: worker.signingKey, found: heartbeat.worker });
    return false;
  }

  #recordOf(name: string): Record {
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    const made: Record = { failures: 0, suspendedUntilMs: 0, latencyMs: new Map(), inFlight: new Map() };
    this.#records.set(name, made);
    return made;
  }
}
