import { type Item, itemsCommitment, type LogId } from "@lamina/codec";
import type { IncomingRequest } from "@lamina/messaging";
import type { ChainId, Env, PublicKey } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { Follower } from "../chain/follower.ts";
import type { LaneBook, LaneFacts } from "../chain/lane-book.ts";
import { passPoint } from "../crash-points.ts";
import { JournalFullError } from "../log/log-error.ts";
import type { ResultLog, StoredResult } from "../log/result-log.ts";
import type { WorkerMetrics } from "../metrics/worker-metrics.ts";
import type { ServedModel } from "../models/served-model.ts";
import { authenticityProblem } from "./authenticate.ts";
import { Cancellations, readCancel } from "./cancellations.ts";
import { addressProblem, type Judged, judgeJob } from "./judge-job.ts";
import { type Obligations, obligationOf } from "./obligations.ts";
import { readRequest, type WorkOrder } from "./read-request.ts";
import { type Refused, reasonName, refuse } from "./refusal.ts";
import type { ResultIndex } from "./result-index.ts";
import { gaveUp, runOrder } from "./run-order.ts";
import type { VerifyJob } from "./verify-job.ts";
import { writeAnswer, writeOutputs, writeRefusal } from "./write-reply.ts";

const { WorkRefusal } = bus;

export interface JobDeskOptions {
  readonly chainId: ChainId;
  readonly log: LogId;
  readonly settleMargin: bigint;
  /** Jobs under way at most. */
  readonly jobsMax: number;
  /** Bytes of requests under way at most. */
  readonly jobBytesMax: number;
  /** Facts older than this are not served by. */
  readonly factsAgeMaxMs: number;
  readonly outputBytesMax: number;
}

export interface JobDeskDependencies {
  readonly env: Pick<Env, "clock" | "step">;
  readonly follower: Pick<Follower, "facts" | "ageMs">;
  readonly lanes: LaneBook;
  /** By model id in hex. */
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly obligations: Obligations;
  readonly index: ResultIndex;
  readonly log: ResultLog;
  readonly verify: VerifyJob;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

type Outcome = { readonly kind: "stored"; readonly stored: StoredResult } | Refused;

/** A job under way, and who waits for it. */
interface Flight {
  readonly kind: "flight";
  readonly spender: PublicKey;
  readonly settleBy: bigint;
  readonly controller: AbortController;
  readonly outcome: Promise<Outcome>;
  waiters: number;
}

/**
 * Takes requests: reads, judges, authenticates, runs, has the row appended, answers. A job is run once: a request that repeats one under way waits
 * for the same result, one that repeats a stored one gets it from the journal (I4, I6).
 */
export class JobDesk {
  readonly #options: JobDeskOptions;
  readonly #deps: JobDeskDependencies;
  readonly #cancellations: Cancellations;
  readonly #flights = new Map<string, Flight>();
  #flightBytes = 0;
  #isDraining = false;

  constructor(options: JobDeskOptions, dependencies: JobDeskDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#cancellations = new Cancellations({ chainId: options.chainId }, dependencies);
  }

  get jobsUnderWay(): number {
    return this.#flights.size;
  }

  /** New jobs are refused from now on; those under way go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** The reply's bytes to one request. Throws `JournalFailedError` alone. */
  async answer(request: IncomingRequest): Promise<Uint8Array> {
    const startMs = this.#deps.env.clock.monotonicMs();
    const order = readRequest(request.payload, this.#options.chainId);
    const outcome = order.kind === "refused" ? order : await this.#outcomeOf(order, request);
    const model = order.kind === "order" ? this.#modelName(order) : "none";
    if (outcome.kind === "refused") {
      this.#deps.metrics.refused(model, reasonName(outcome.reason));
      const jobId = order.kind === "order" ? { jobId: order.jobId } : {};
      this.#deps.logger.debug("job refused", { ...jobId, reason: reasonName(outcome.reason) });
      return writeRefusal(outcome);
    }
    await passPoint(this.#deps.env, "worker.job.answer");
    this.#deps.metrics.answered(model, this.#deps.env.clock.monotonicMs() - startMs);
    return writeAnswer(this.#options.log, outcome.stored);
  }

  /**
   * Hears that a job is no longer wanted. Where its spender says so, one under way ends without a row, and one that comes later is not begun; a row
   * that stands in the log stays there. Garbage and forgeries change nothing.
   */
  async cancel(payload: Uint8Array): Promise<void> {
    const { index, logger } = this.#deps;
    const claim = readCancel(payload);
    if (claim === undefined) return logger.debug("a cancellation is malformed");
    const flight = this.#flights.get(claim.jobKey);
    if (flight === undefined) {
      if (index.find(claim.jobKey) === undefined) this.#cancellations.wait(claim);
      return;
    }
    const isTrue = await this.#cancellations.accept(claim, flight.spender, flight.settleBy);
    if (isTrue) flight.controller.abort();
    logger.debug(isTrue ? "a job was cancelled" : "a cancellation is not the spender's", { jobId: claim.jobId });
  }

  /** The chain has come to `height`. */
  forgetCancelledBefore(height: bigint): void {
    this.#cancellations.forgetBefore(height);
  }

  async #outcomeOf(order: WorkOrder, request: IncomingRequest): Promise<Outcome> {
    const { job } = order;
    const misdirected = addressProblem(job, this.#options.log.worker);
    if (misdirected !== undefined) return misdirected;
    const found = await this.#lane(job.lane);
    if (found.kind === "refused") return found;
    const { lane } = found;
    if (lane === undefined) return refuse(WorkRefusal.NOT_COVERED, `lane ${job.lane} does not exist`);
    // What would be refused anyway is not worth checking signatures for.
    const early = this.#isKnown(order) ? undefined : this.#judge(order, lane);
    if (early?.kind === "refused") return early;
    const forged = await authenticityProblem(order, lane.spender, this.#options.chainId, this.#deps.verify);
    if (forged !== undefined) return forged;
    if (this.#cancellations.isClaimed(order.jobKey)) await this.#cancellations.settle(order.jobKey, lane.spender, job.settleBy);
    return this.#deliver(order, request);
  }

  #isKnown({ jobKey }: WorkOrder): boolean {
    return this.#flights.has(jobKey) || this.#deps.index.find(jobKey) !== undefined;
  }

  async #deliver(order: WorkOrder, request: IncomingRequest): Promise<Outcome> {
    for (;;) {
      const flight = this.#flights.get(order.jobKey);
      if (flight !== undefined && !flight.controller.signal.aborted) return this.#join(flight, request.signal);
      // One that everybody gave up on comes to nothing: this request starts anew behind it.
      if (flight !== undefined) await flight.outcome;
      const known = this.#deps.index.find(order.jobKey);
      if (known !== undefined) return { kind: "stored", stored: await this.#deps.log.stored(known.place, known.at) };
      const found = await this.#lane(order.job.lane);
      if (found.kind === "refused") return found;
      const begun = this.#beginNow(order, request);
      if (begun?.kind === "refused") return begun;
      if (begun !== undefined) return this.#join(begun, request.signal);
    }
  }

  /**
   * Judges by the very facts that it promises on: nothing is awaited from the lane's reading to the holding of the obligation. Undefined where the
   * chain has moved on since the lane was read, or the job has come to be known.
   */
  #beginNow(order: WorkOrder, request: IncomingRequest): Flight | Refused | undefined {
    const read = this.#deps.lanes.read(order.job.lane);
    if (read instanceof Promise || this.#isKnown(order)) return undefined;
    if (this.#cancellations.has(order.jobKey)) return refuse(WorkRefusal.CANCELLED, "the spender took the job back");
    const { known: lane } = read;
    const judged = this.#judge(order, lane);
    if (judged.kind === "refused") return judged;
    // A lane that does not exist covers nothing.
    return lane === undefined ? undefined : this.#begin(order, judged, lane.spender, request);
  }

  #judge({ job, modelKey }: WorkOrder, lane: LaneFacts | undefined): Judged | Refused {
    const busy = this.#busyProblem();
    if (busy !== undefined) return busy;
    const { follower, obligations, models } = this.#deps;
    const { log, settleMargin, outputBytesMax } = this.#options;
    const model = models.get(modelKey);
    return judgeJob(job, { worker: log.worker, model, lane, facts: follower.facts, obligations, settleMargin, outputBytesMax });
  }

  #busyProblem(): Refused | undefined {
    const { follower, log } = this.#deps;
    const { jobsMax, jobBytesMax, factsAgeMaxMs } = this.#options;
    if (this.#isDraining) return refuse(WorkRefusal.DRAINING, "the worker is shutting down");
    const { idleBecause } = follower.facts.operator;
    if (idleBecause !== undefined) return refuse(WorkRefusal.DRAINING, idleBecause);
    if (follower.facts.incarnation !== this.#options.log.incarnation) return refuse(WorkRefusal.DRAINING, "the log's incarnation is closed");
    if (this.#flights.size >= jobsMax) return refuse(WorkRefusal.OVERLOADED, `${jobsMax} jobs are under way`);
    if (this.#flightBytes >= jobBytesMax) return refuse(WorkRefusal.OVERLOADED, `jobs of ${jobBytesMax} bytes are under way`);
    if (follower.ageMs() > factsAgeMaxMs) return refuse(WorkRefusal.OVERLOADED, `the chain was last read over ${factsAgeMaxMs} ms ago`);
    try {
      log.requireRoom();
    } catch (error) {
      if (error instanceof JournalFullError) return refuse(WorkRefusal.OVERLOADED, error.message);
      throw error;
    }
    return undefined;
  }

  async #lane(id: bigint): Promise<{ readonly kind: "lane"; readonly lane: LaneFacts | undefined } | Refused> {
    try {
      for (;;) {
        const read = this.#deps.lanes.read(id);
        if (!(read instanceof Promise)) return { kind: "lane", lane: read.known };
        await read;
      }
    } catch (error) {
      this.#deps.logger.warn("a lane cannot be read", { lane: id, error });
      return refuse(WorkRefusal.OVERLOADED, `lane ${id} cannot be read from the chain now`);
    }
  }

  #begin(order: WorkOrder, judged: Judged, spender: PublicKey, request: IncomingRequest): Flight {
    const { jobKey } = order;
    const bytes = request.payload.length;
    const controller = new AbortController();
    this.#flightBytes += bytes;
    const outcome = this.#fly(order, judged, request, controller).finally(() => {
      this.#flights.delete(jobKey);
      this.#flightBytes -= bytes;
    });
    const flight: Flight = { kind: "flight", spender, settleBy: order.job.settleBy, controller, outcome, waiters: 0 };
    this.#flights.set(jobKey, flight);
    return flight;
  }

  /** Waits for a flight; when the last who waits gives up, so does the work. */
  async #join(flight: Flight, signal: AbortSignal): Promise<Outcome> {
    flight.waiters += 1;
    const leave = () => {
      flight.waiters -= 1;
      if (flight.waiters === 0) flight.controller.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    try {
      return await flight.outcome;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  async #fly(order: WorkOrder, judged: Judged, request: IncomingRequest, { signal }: AbortController): Promise<Outcome> {
    const { env, obligations, follower, models, logger } = this.#deps;
    const model = models.get(order.modelKey) as ServedModel;
    const held = obligations.hold(obligationOf(order.job, judged.charge, follower.facts.rules));
    try {
      await passPoint(env, "worker.job.accepted");
      const ran = await runOrder(order, model, request.timeoutMs, signal, logger);
      if (ran.kind === "refused") return ran;
      await passPoint(env, "worker.job.run");
      const stored = await this.#append(order, judged, ran.outputs, signal, (index) => obligations.place(held, index));
      return stored === undefined ? gaveUp() : { kind: "stored", stored };
    } finally {
      if (held.index === undefined) obligations.release(held);
    }
  }

  #append(order: WorkOrder, { units, charge }: Judged, items: readonly Item[], signal: AbortSignal, onIndex: (index: bigint) => void) {
    const { job, jobId, jobSignature, salt } = order;
    const output = itemsCommitment(items, "output", salt);
    const isWanted = () => !signal.aborted;
    return this.#deps.log.append({ job, jobId, jobSignature, units, charge, output, outputs: writeOutputs(items), isWanted, onIndex });
  }

  #modelName({ modelKey }: WorkOrder): string {
    return this.#deps.models.get(modelKey)?.name ?? "unknown";
  }
}
