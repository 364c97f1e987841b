import { type Item, itemsCommitment, type LogId, privateCommitment, signJobBytes, type VerifySignature } from "@lamina/codec";
import { BusyError, ChildLostError, DeadlineError, InvalidItemError, RunError } from "@lamina/inference";
import type { IncomingRequest } from "@lamina/messaging";
import { bytesEqual, type ChainId, type Env, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { Follower } from "../chain/follower.ts";
import type { LaneBook, LaneFacts } from "../chain/lane-book.ts";
import { passPoint } from "../crash-points.ts";
import { JournalFullError } from "../log/log-error.ts";
import type { ResultLog, StoredResult } from "../log/result-log.ts";
import type { WorkerMetrics } from "../metrics/worker-metrics.ts";
import type { ServedModel } from "../models/served-model.ts";
import { addressProblem, type Judged, judgeJob } from "./judge-job.ts";
import { type Obligations, obligationOf } from "./obligations.ts";
import { readRequest, type WorkOrder } from "./read-request.ts";
import { type Refused, reasonName, refuse } from "./refusal.ts";
import type { ResultIndex } from "./result-index.ts";
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
}

export interface JobDeskDependencies {
  readonly env: Pick<Env, "clock" | "step">;
  readonly follower: Pick<Follower, "facts" | "ageMs">;
  readonly lanes: LaneBook;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly obligations: Obligations;
  readonly index: ResultIndex;
  readonly log: ResultLog;
  readonly verify: VerifySignature;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

type Outcome = { readonly kind: "stored"; readonly stored: StoredResult } | Refused;

/** A job under way, and who waits for it. */
interface Flight {
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
  readonly #flights = new Map<string, Flight>();
  #flightBytes = 0;
  #isDraining = false;

  constructor(options: JobDeskOptions, dependencies: JobDeskDependencies) {
    this.#options = options;
    this.#deps = dependencies;
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

  async #outcomeOf(order: WorkOrder, request: IncomingRequest): Promise<Outcome> {
    const { job, jobId } = order;
    const misdirected = addressProblem(job, this.#options.log.worker);
    if (misdirected !== undefined) return misdirected;
    const lane = await this.#lane(job.lane);
    if (lane.kind === "refused") return lane;
    const isRepeated = () => this.#flights.has(toHex(jobId)) || this.#deps.index.find(jobId) !== undefined;
    // What would be refused anyway is not worth checking signatures for.
    const early = isRepeated() ? undefined : this.#judge(order, lane.lane);
    if (early?.kind === "refused") return early;
    const forged = this.#authenticityProblem(order, lane.lane);
    if (forged !== undefined) return forged;
    return this.#deliver(order, lane.lane, request);
  }

  /** From here to the flight's begin nothing is awaited, so that what was judged still holds when it is promised. */
  #deliver(order: WorkOrder, lane: LaneFacts | undefined, request: IncomingRequest): Promise<Outcome> {
    const flight = this.#flights.get(toHex(order.jobId));
    // One that everybody gave up on comes to nothing: this request starts anew behind it.
    if (flight?.controller.signal.aborted === true) return flight.outcome.then(() => this.#deliver(order, lane, request));
    if (flight !== undefined) return this.#join(flight, request.signal);
    const known = this.#deps.index.find(order.jobId);
    if (known !== undefined) return this.#deps.log.stored(known.place, known.at).then((stored) => ({ kind: "stored", stored }));
    const judged = this.#judge(order, lane);
    if (judged.kind === "refused") return Promise.resolve(judged);
    return this.#join(this.#begin(order, judged, request), request.signal);
  }

  #judge({ job }: WorkOrder, lane: LaneFacts | undefined): Judged | Refused {
    const busy = this.#busyProblem();
    if (busy !== undefined) return busy;
    const { follower, obligations, models } = this.#deps;
    const { log, settleMargin } = this.#options;
    const model = models.get(toHex(job.model));
    return judgeJob(job, { worker: log.worker, model, lane, facts: follower.facts, obligations, settleMargin });
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

  /** Signature and commitment: who asks was allowed to by the lane's spender, and these are the inputs that were signed (T27, T66). */
  #authenticityProblem(order: WorkOrder, lane: LaneFacts | undefined): Refused | undefined {
    const { job, jobId, jobSignature, salt, items, parameters, reference } = order;
    if (lane === undefined) return refuse(WorkRefusal.NOT_COVERED, `lane ${job.lane} does not exist`);
    if (!this.#deps.verify(lane.spender, signJobBytes(this.#options.chainId, jobId, job.settleBy), jobSignature)) {
      return refuse(WorkRefusal.BAD_SIGNATURE, `the job is not signed by the spender of lane ${job.lane}`);
    }
    const tensors = items[0]?.length ?? 0;
    if (items.some((item) => item.length !== tensors)) return refuse(WorkRefusal.BAD_INPUT, "items hold different numbers of tensors");
    const h = privateCommitment({ salt, inputCommitment: itemsCommitment(items, "input", salt), parameters, reference });
    return bytesEqual(h, job.h) ? undefined : refuse(WorkRefusal.BAD_INPUT, "the private part is not the one that the job commits to");
  }

  #begin(order: WorkOrder, judged: Judged, request: IncomingRequest): Flight {
    const key = toHex(order.jobId);
    const bytes = request.payload.length;
    const controller = new AbortController();
    this.#flightBytes += bytes;
    const outcome = this.#fly(order, judged, request, controller).finally(() => {
      this.#flights.delete(key);
      this.#flightBytes -= bytes;
    });
    const flight = { controller, outcome, waiters: 0 };
    this.#flights.set(key, flight);
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
    const { obligations, follower, models } = this.#deps;
    const model = models.get(toHex(order.job.model)) as ServedModel;
    const held = obligations.hold(obligationOf(order.job, judged.charge, follower.facts.rules));
    let stored: StoredResult | undefined;
    try {
      await passPoint(this.#deps.env, "worker.job.accepted");
      const outputs = await this.#run(order, model, request, signal);
      if ("kind" in outputs) return outputs;
      await passPoint(this.#deps.env, "worker.job.run");
      stored = await this.#append(order, judged, outputs.items, signal, (index) => obligations.place(held, index));
      return stored === undefined ? gaveUp(signal) : { kind: "stored", stored };
    } finally {
      if (held.index === undefined) obligations.release(held);
    }
  }

  async #run(order: WorkOrder, model: ServedModel, request: IncomingRequest, signal: AbortSignal): Promise<{ readonly items: Item[] } | Refused> {
    const { job, deadlineMs } = order;
    const waitBudgetMs = deadlineMs > 0 ? Math.min(deadlineMs, request.timeoutMs) : request.timeoutMs;
    try {
      const items = await model.runner.run(job.profile, order.items, { waitBudgetMs, signal });
      return { items };
    } catch (error) {
      return this.#runRefusal(error, model.name, order, signal);
    }
  }

  #runRefusal(error: unknown, model: string, { jobId }: WorkOrder, signal: AbortSignal): Refused {
    if (signal.aborted) return gaveUp(signal);
    if (error instanceof InvalidItemError) return refuse(WorkRefusal.BAD_INPUT, error.message);
    if (error instanceof BusyError) return refuse(WorkRefusal.OVERLOADED, error.message);
    if (error instanceof DeadlineError) return refuse(WorkRefusal.DEADLINE, error.message);
    if (!(error instanceof RunError || error instanceof ChildLostError)) throw error;
    this.#deps.logger.warn("a job could not be run", { jobId, model, error });
    return refuse(WorkRefusal.EXECUTION_FAILED, `${model} could not run these inputs`);
  }

  #append(order: WorkOrder, { units, charge }: Judged, items: readonly Item[], signal: AbortSignal, onIndex: (index: bigint) => void) {
    const { job, jobId, jobSignature, salt } = order;
    const output = itemsCommitment(items, "output", salt);
    const isWanted = () => !signal.aborted;
    return this.#deps.log.append({ job, jobId, jobSignature, units, charge, output, outputs: writeOutputs(items), isWanted, onIndex });
  }

  #modelName({ job }: WorkOrder): string {
    return this.#deps.models.get(toHex(job.model))?.name ?? "unknown";
  }
}

function gaveUp(signal: AbortSignal): Refused {
  return refuse(signal.aborted ? WorkRefusal.CANCELLED : WorkRefusal.DEADLINE, "nobody waits for the result any more");
}
