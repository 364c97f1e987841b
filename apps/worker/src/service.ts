import type { LogId } from "@lamina/codec";
import { cancelJobSubject, type Served, type Unsubscribe, workService } from "@lamina/messaging";
import { toHex } from "@lamina/primitives";
import type { ChainFacts } from "./chain/chain-facts.ts";
import type { WorkerMood } from "./heartbeat/heartbeat.ts";
import type { Journal } from "./log/journal.ts";
import { LogMemory } from "./log/log-memory.ts";
import { logFolder, openLog } from "./log/open-log.ts";
import type { WorkerState } from "./metrics/worker-metrics.ts";
import { makeParts, type ServiceDependencies, type ServiceOptions, type ServiceParts } from "./service-parts.ts";

/** Optimistic: the only level that is offered yet. */
const LEVEL = 1;
const PARAM = 0;

/** The worker at work: the order of beginning and ending, and what each new look at the chain means; the rules are in the folders. */
export class WorkerService {
  /** Resolves with the reason when the service can no longer go on: the process must end, and a new one reads the disk anew. */
  readonly failed: Promise<unknown>;
  readonly log: LogId;
  readonly #options: ServiceOptions;
  readonly #deps: ServiceDependencies;
  readonly #memory: LogMemory;
  readonly #journal: Journal;
  readonly #parts: ServiceParts;
  readonly #fail: (reason: unknown) => void;
  #served: Served | undefined;
  #cancels: Unsubscribe | undefined;
  #dropping: Promise<void> = Promise.resolve();
  #isDraining = false;
  #hasEnded = false;

  private constructor(options: ServiceOptions, dependencies: ServiceDependencies, log: LogId, memory: LogMemory, journal: Journal) {
    this.#options = options;
    this.#deps = dependencies;
    this.log = log;
    this.#memory = memory;
    this.#journal = journal;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.failed = promise;
    this.#fail = resolve;
    this.#parts = makeParts(options, dependencies, { log, journal, memory, mood: () => this.mood, onFailure: resolve });
  }

  /** Opens the log, publishes what waits in it, and takes jobs. Throws `StaleStateError`, `MissingStateError`, `JournalCorruptError` (I34). */
  static async start(options: ServiceOptions, dependencies: ServiceDependencies): Promise<WorkerService> {
    const { chainId, dataFolder, segmentBytes, mayCreateState: mayCreate } = options;
    const { facts } = dependencies.follower;
    const log: LogId = { worker: dependencies.signer.publicKey, level: LEVEL, param: PARAM, incarnation: facts.incarnation };
    const memory = new LogMemory(chainId);
    const place = { folder: logFolder(dataFolder, chainId, log), chainId, log, segmentBytes, mayCreate };
    const journal = await openLog(place, dependencies.env, facts.accepted, (group, at) => memory.recall(group, at, facts));
    const service = new WorkerService(options, dependencies, log, memory, journal);
    service.#begin();
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
      rowsUnaccepted: Number(this.#memory.unaccepted.rows),
      journalBytes: this.#journal.sizeBytes,
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
    await this.#cancels?.drain();
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
    await this.#journal.close();
  }

  #begin(): void {
    const { follower, bus, logger } = this.#deps;
    const { desk, publisher, heartbeat, results } = this.#parts;
    const workerId = toHex(this.log.worker);
    follower.onFacts((facts) => this.#onFacts(facts));
    bus.onStatus((status) => {
      // Revoked or expired for good: only a new process reads a new credential and tries again.
      if (status.kind === "closed" && !this.#hasEnded)
        this.#fail(new Error(`the bus closed the connection: ${status.reason}`, { cause: status.cause }));
    });
    follower.follow();
    publisher.start();
    this.#cancels = bus.listen(cancelJobSubject(workerId), ({ payload }) => void desk.cancel(payload).catch((error: unknown) => this.#fail(error)));
    this.#served = bus.serve(workService(workerId), (request) => desk.answer(request));
    heartbeat.start();
    logger.info("serving", { workerId, incarnation: this.log.incarnation, count: results.count });
  }

  #onFacts(facts: ChainFacts): void {
    if (this.#hasEnded) return;
    const { results, forcer } = this.#parts;
    if (facts.incarnation !== this.log.incarnation) {
      this.#fail(new Error(`incarnation ${facts.incarnation} is open, this process signs in ${this.log.incarnation}: start anew`));
      return;
    }
    const { count } = facts.accepted;
    if (count > results.count) {
      this.#fail(new Error(`the chain has ${count} rows of this log, the journal ${results.count}: another process signs with this key`));
      return;
    }
    this.#memory.accept(facts);
    this.#parts.desk.forgetCancelledBefore(facts.height);
    forcer?.onFacts(facts);
    this.#dropping = this.#dropping.then(() => this.#drop(facts));
  }

  /** Segments go once the chain has all their rows and none of their jobs can be asked for any more: the disk stays bounded. */
  async #drop({ height, accepted, rules }: ChainFacts): Promise<void> {
    if (this.#hasEnded) return;
    try {
      const first = await this.#journal.drop(({ end, settleBy }) => end <= accepted.count && settleBy + rules.challengeWindow < height);
      this.#memory.index.forgetBelow(first);
    } catch (error) {
      this.#deps.logger.error("an old segment of the journal cannot be removed", { error });
    }
  }
}
