import { computeJobId, decodeRow, type LogId, type Signer } from "@lamina/codec";
import { type Bus, type Served, workService } from "@lamina/messaging";
import { type ChainId, type Env, type JobId, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { ChainFacts, WorkerChain } from "./chain/chain-facts.ts";
import type { Follower } from "./chain/follower.ts";
import { LaneBook } from "./chain/lane-book.ts";
import { Heartbeat, type WorkerMood } from "./heartbeat/heartbeat.ts";
import { LatencyWindow } from "./heartbeat/latency-window.ts";
import { JobDesk } from "./jobs/job-desk.ts";
import { Obligations, obligationOf } from "./jobs/obligations.ts";
import { ResultIndex } from "./jobs/result-index.ts";
import type { VerifyJob } from "./jobs/verify-job.ts";
import type { GroupPlace, Journal } from "./log/journal.ts";
import { logFolder, openLog } from "./log/open-log.ts";
import { ResultLog } from "./log/result-log.ts";
import type { RowGroup } from "./log/row-group.ts";
import type { WorkerMetrics, WorkerState } from "./metrics/worker-metrics.ts";
import type { ServedModel } from "./models/served-model.ts";
import { Forcer } from "./publishing/forcer.ts";
import { Publisher } from "./publishing/publisher.ts";
import { Unaccepted } from "./publishing/unaccepted.ts";

export interface ServiceOptions {
  readonly chainId: ChainId;
  readonly dataFolder: string;
  readonly mayCreateState: boolean;
  readonly segmentBytes: number;
  readonly journalBytesMax: number;
  readonly jobsMax: number;
  readonly jobBytesMax: number;
  readonly factsAgeMaxMs: number;
  readonly settleMargin: bigint;
  readonly forceAfterHeights: bigint;
  readonly forceMarginHeights: bigint;
  readonly resendAfterMs: number;
  readonly appendTimeoutMs: number;
  readonly heartbeatMs: number;
  /** How long `drain` waits for the stream. */
  readonly drainMs: number;
}

export interface ServiceDependencies {
  readonly env: Env;
  readonly chain: Pick<WorkerChain, "lane">;
  readonly follower: Follower;
  readonly bus: Bus;
  readonly signer: Signer;
  readonly verify: VerifyJob;
  readonly models: readonly ServedModel[];
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
  /** Sends `MsgForceInclude`; undefined where the worker holds no account key, and a muted worker stays muted. */
  readonly forceInclude: ((run: Uint8Array) => Promise<bigint>) | undefined;
}

/** Optimistic: the only level that is offered yet. */
const LEVEL = 1;
/** Of an answer beside its outputs: row, heads, leaf hashes. */
const ANSWER_ROOM_BYTES = 16 * 1024;
const PARAM = 0;

/** The worker at work: wiring and the order of beginning and ending; the rules are in the folders. */
export class WorkerService {
  /** Resolves with the reason when the service can no longer go on: the process must end, and a new one reads the disk anew. */
  readonly failed: Promise<unknown>;
  readonly log: LogId;
  readonly #options: ServiceOptions;
  readonly #deps: ServiceDependencies;
  readonly #unaccepted = new Unaccepted();
  readonly #obligations = new Obligations();
  readonly #index = new ResultIndex();
  readonly #latencies: ReadonlyMap<string, LatencyWindow>;
  readonly #fail: (reason: unknown) => void;
  #journal: Journal | undefined;
  #served: Served | undefined;
  #dropping: Promise<void> = Promise.resolve();
  #isDraining = false;
  #hasEnded = false;

  private constructor(options: ServiceOptions, dependencies: ServiceDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.log = { worker: dependencies.signer.publicKey, level: LEVEL, param: PARAM, incarnation: dependencies.follower.facts.incarnation };
    this.#latencies = new Map(dependencies.models.map(({ name }) => [name, new LatencyWindow()]));
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.failed = promise;
    this.#fail = resolve;
  }

  /** Opens the log, publishes what waits in it, and takes jobs. Throws `StaleStateError`, `MissingStateError`, `JournalCorruptError` (I34). */
  static async start(options: ServiceOptions, dependencies: ServiceDependencies): Promise<WorkerService> {
    const service = new WorkerService(options, dependencies);
    await service.#start();
    return service;
  }

  get mood(): WorkerMood {
    if (this.#isDraining) return "draining";
    const { follower } = this.#deps;
    const { operator, incarnation } = follower.facts;
    const isStale = follower.ageMs() > this.#options.factsAgeMaxMs;
    return isStale || operator.idleBecause !== undefined || incarnation !== this.log.incarnation ? "catching_up" : "serving";
  }

  state(): WorkerState {
    const { follower, bus } = this.#deps;
    return {
      jobsUnderWay: this.#parts.desk.jobsUnderWay,
      rowsUnaccepted: Number(this.#unaccepted.rows),
      journalBytes: this.#journal?.sizeBytes ?? 0,
      chainHeight: Number(follower.facts.height),
      factsAgeMs: follower.ageMs(),
      isConnected: bus.isConnected,
    };
  }

  /** Refuses new jobs, answers those under way, hands every row to the stream if it will take them, and closes. Nothing is lost either way. */
  async drain(): Promise<void> {
    const { desk, publisher, heartbeat, forcer, results } = this.#parts;
    const { models, follower, bus, logger } = this.#deps;
    this.#isDraining = true;
    desk.drain();
    heartbeat.beat();
    await this.#served?.drain();
    await Promise.all(models.map(({ runner }) => runner.drain()));
    await results.idle();
    const isFlushed = await publisher.flush(this.#options.drainMs);
    if (!isFlushed) logger.warn("the stream did not take all rows in time, the next start publishes them");
    await this.stop();
    await forcer?.idle();
    await follower.stop();
    await Promise.all(models.map(({ runner }) => runner.stop()));
    await bus.drain();
  }

  /** Ends at once: no more publishing, no more signing. The journal has what was answered. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#parts.publisher.stop();
    this.#parts.heartbeat.stop();
    await this.#dropping;
    await this.#journal?.close();
  }

  #made: { desk: JobDesk; publisher: Publisher; heartbeat: Heartbeat; forcer: Forcer | undefined; results: ResultLog } | undefined;

  get #parts() {
    if (this.#made === undefined) throw new Error("the service has not been started");
    return this.#made;
  }

  async #start(): Promise<void> {
    const { env, follower, bus, logger } = this.#deps;
    const { facts } = follower;
    const workerId = toHex(this.log.worker);
    this.#journal = await this.#openJournal(facts);
    const results = this.#makeLog(this.#journal);
    const shared = { env, results, unaccepted: this.#unaccepted, metrics: this.#deps.metrics, logger };
    const publisher = this.#makePublisher(workerId, shared);
    const forcer = this.#makeForcer(shared);
    const desk = this.#makeDesk(results);
    const heartbeat = this.#makeHeartbeat(workerId);
    this.#made = { desk, publisher, heartbeat, forcer, results };
    follower.onFacts((fresh) => this.#onFacts(fresh));
    bus.onStatus((status) => {
      // Revoked or expired for good: only a new process reads a new credential and tries again.
      if (status.kind === "closed" && !this.#hasEnded)
        this.#fail(new Error(`the bus closed the connection: ${status.reason}`, { cause: status.cause }));
    });
    follower.follow();
    publisher.start();
    this.#served = bus.serve(workService(workerId), (request) => desk.answer(request));
    heartbeat.start();
    logger.info("serving", { workerId, worker: this.log.worker, incarnation: this.log.incarnation, count: results.count });
  }

  #openJournal(facts: ChainFacts): Promise<Journal> {
    const { chainId, dataFolder, segmentBytes, mayCreateState } = this.#options;
    const folder = logFolder(dataFolder, chainId, this.log);
    const options = { folder, chainId, log: this.log, segmentBytes, mayCreate: mayCreateState };
    return openLog(options, this.#deps.env, facts.accepted, (group, place) => this.#remember(group, place, facts));
  }

  /** What an earlier process left: its results can be asked for, its rows bind lanes and bond until the chain has them. */
  #remember(group: RowGroup, place: GroupPlace, { accepted, rules }: ChainFacts): void {
    group.rows.map(decodeRow).forEach((row, at) => {
      this.#index.add(toHex(computeJobId(this.#options.chainId, row)), { place, at, index: row.index });
      const held = this.#obligations.hold(obligationOf(row, row.charge, rules));
      this.#obligations.place(held, row.index);
    });
    this.#obligations.settle(accepted.count);
    this.#unaccepted.add(group, place);
    this.#unaccepted.accept(accepted.count);
  }

  #makeLog(journal: Journal): ResultLog {
    const { env, signer, follower, metrics } = this.#deps;
    const { chainId, journalBytesMax: bytesMax } = this.#options;
    const onGroup = (group: RowGroup, place: GroupPlace, jobIds: readonly JobId[]) => {
      jobIds.forEach((jobId, at) => this.#index.add(toHex(jobId), { place, at, index: group.start + BigInt(at) }));
      metrics.appended(group.rows.length);
      this.#parts.publisher.offer(this.#unaccepted.add(group, place), group);
    };
    const height = () => follower.facts.height;
    return new ResultLog({ chainId, log: this.log, bytesMax }, { env, signer, height, onGroup, onFailure: this.#fail }, journal);
  }

  #makePublisher(workerId: string, shared: Omit<ConstructorParameters<typeof Publisher>[1], "bus">): Publisher {
    const { resendAfterMs, appendTimeoutMs } = this.#options;
    return new Publisher({ workerId, log: this.log, resendAfterMs, appendTimeoutMs }, { ...shared, bus: this.#deps.bus });
  }

  #makeForcer(shared: Omit<ConstructorParameters<typeof Forcer>[1], "send">): Forcer | undefined {
    const { forceInclude: send } = this.#deps;
    const { forceAfterHeights: afterHeights, forceMarginHeights: marginHeights } = this.#options;
    return send === undefined ? undefined : new Forcer({ log: this.log, afterHeights, marginHeights }, { ...shared, send });
  }

  #makeDesk(results: ResultLog): JobDesk {
    const { env, chain, follower, models, verify, logger, metrics } = this.#deps;
    const { chainId, settleMargin, jobsMax, jobBytesMax, factsAgeMaxMs } = this.#options;
    const outputBytesMax = this.#deps.bus.requestBytesMax - ANSWER_ROOM_BYTES;
    const options = { chainId, log: this.log, settleMargin, jobsMax, jobBytesMax, factsAgeMaxMs, outputBytesMax };
    const measured: WorkerMetrics = {
      ...metrics,
      answered: (model, durationMs) => {
        this.#latencies.get(model)?.add(durationMs);
        metrics.answered(model, durationMs);
      },
    };
    return new JobDesk(options, {
      env,
      follower,
      lanes: new LaneBook(chain, () => follower.facts.height),
      models: new Map(models.map((model) => [toHex(model.modelId), model])),
      obligations: this.#obligations,
      index: this.#index,
      log: results,
      verify,
      metrics: measured,
      logger,
    });
  }

  #makeHeartbeat(workerId: string): Heartbeat {
    const { env, bus, follower, models } = this.#deps;
    const options = { workerId, worker: this.log.worker, periodMs: this.#options.heartbeatMs };
    const dependencies = { env, bus, models, latencies: this.#latencies };
    return new Heartbeat(options, { ...dependencies, facts: () => follower.facts, mood: () => this.mood });
  }

  #onFacts(facts: ChainFacts): void {
    if (this.#hasEnded) return;
    if (facts.incarnation !== this.log.incarnation) {
      this.#fail(new Error(`incarnation ${facts.incarnation} is open, this process signs in ${this.log.incarnation}: start anew`));
      return;
    }
    const { count } = facts.accepted;
    if (count > this.#parts.results.count) {
      this.#fail(new Error(`the chain has ${count} rows of this log, the journal ${this.#parts.results.count}: another process signs with this key`));
      return;
    }
    this.#unaccepted.accept(count);
    this.#obligations.settle(count);
    this.#obligations.forgetEpochsBefore(facts.height / facts.rules.epochHeights);
    this.#parts.forcer?.onFacts(facts);
    this.#dropping = this.#dropping.then(() => this.#drop(facts));
  }

  /** Segments go once the chain has all their rows and none of their jobs can be asked for any more: the disk stays bounded. */
  async #drop({ height, accepted, rules }: ChainFacts): Promise<void> {
    if (this.#hasEnded || this.#journal === undefined) return;
    try {
      const first = await this.#journal.drop((segment) => {
        return segment.end <= accepted.count && segment.settleBy + rules.challengeWindow < height;
      });
      this.#index.forgetBelow(first);
    } catch (error) {
      this.#deps.logger.error("an old segment of the journal cannot be removed", { error });
    }
  }
}
