import type { Item, Row, VerifySignature } from "@lamina/codec";
import {
  type Bus,
  BusClosedError,
  ConnectionLostError,
  cancelJobSubject,
  DeadlineError,
  NoRespondersError,
  PayloadTooLargeError,
  workService,
} from "@lamina/messaging";
import type { ChainId, Env } from "@lamina/primitives";
import type { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import { GatewayError } from "../gateway-error.ts";
import type { Hold, Spending } from "../money/spending.ts";
import type { ChosenWorker, WorkerDirectory } from "../workers/worker-directory.ts";
import type { JobLedger } from "./job-ledger.ts";
import type { JobMaker } from "./job-maker.ts";
import type { JobMetrics } from "./job-metrics.ts";
import type { PreparedJob } from "./prepared-job.ts";
import { meaningOfRefusal } from "./refusals.ts";
import { verifyAnswer } from "./verify-answer.ts";
import { decodeWorkReply, encodeWorkRequest } from "./work-message.ts";
import type { Patience, WorkOrder } from "./work-order.ts";

export interface JobRunnerOptions {
  readonly chainId: ChainId;
  /** Workers that are tried for one order. */
  readonly attemptsMax: number;
}

export interface JobRunnerDependencies {
  readonly env: Pick<Env, "clock" | "step">;
  readonly bus: Pick<Bus, "request" | "notify">;
  readonly maker: JobMaker;
  readonly workers: WorkerDirectory;
  readonly spending: Spending;
  readonly ledger: JobLedger;
  readonly verify: VerifySignature;
  readonly metrics: JobMetrics;
  readonly logger: Logger;
  /** Awaited before a job is sent, so that several leave together. */
  readonly nextTurn: () => Promise<void>;
}

/** What a client is given. */
export interface JobResult {
  readonly jobIdHex: string;
  readonly row: Row;
  readonly outputs: readonly Item[];
  /** The receipt of stage 1. */
  readonly receipt: Uint8Array;
}

type Attempt =
  | { readonly kind: "answered"; readonly result: JobResult }
  /** It surely did not run, or ran for nothing: another worker may be asked. */
  | { readonly kind: "elsewhere"; readonly error: GatewayError; readonly mayHaveRun: boolean }
  | { readonly kind: "final"; readonly error: GatewayError; readonly mayHaveRun: boolean };

/** Called with each job before it is sent: durable requests store it. */
export type OnPrepared = (prepared: PreparedJob) => Promise<void>;

/** Runs an order on one worker after the other until one answers rightly, as a new job each time. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #dependencies: JobRunnerDependencies;

  constructor(options: JobRunnerOptions, dependencies: JobRunnerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Throws `GatewayError`. The result is durable when this resolves. */
  async run(order: WorkOrder, patience: Patience, onPrepared?: OnPrepared): Promise<JobResult> {
    const tried = new Set<string>();
    let last: GatewayError | undefined;
    while (tried.size < this.#options.attemptsMax) {
      const worker = this.#dependencies.workers.choose(order.model.modelIdHex, tried);
      if (worker === undefined) break;
      tried.add(worker.name);
      const attempt = await this.#tryWorker(order, worker, patience, onPrepared);
      if (attempt.kind === "answered") return attempt.result;
      if (attempt.kind === "final") throw attempt.error;
      last = attempt.error;
    }
    throw last ?? new GatewayError("no_worker", `no worker serves ${order.model.name} now`, { retryAfterSeconds: 2 });
  }

  /** Sends a job again that was prepared before a restart; falls back to new jobs where its worker does not answer it. */
  async resume(order: WorkOrder, prepared: PreparedJob, patience: Patience, onPrepared: OnPrepared): Promise<JobResult> {
    const hold = await this.#dependencies.spending.hold(order.organisationId, order.keyId, prepared.job.ceiling);
    const attempt = await this.#send(order, prepared, hold, patience);
    if (attempt.kind === "answered") return attempt.result;
    if (attempt.kind === "final") throw attempt.error;
    return this.run(order, patience, onPrepared);
  }

  async #tryWorker(order: WorkOrder, worker: ChosenWorker, patience: Patience, onPrepared: OnPrepared | undefined): Promise<Attempt> {
    const { maker, spending } = this.#dependencies;
    const price = maker.priceOf(order, worker.unitPrice);
    if (order.chargeMax !== undefined && price.ceiling > order.chargeMax) {
      throw new GatewayError("charge_over_maximum", `the job may cost ${price.ceiling} ulam, the request allows ${order.chargeMax}`, {
        param: "max_charge",
      });
    }
    const hold = await spending.hold(order.organisationId, order.keyId, price.ceiling);
    let prepared: PreparedJob;
    try {
      prepared = await maker.prepare(order, worker, price);
      await onPrepared?.(prepared);
    } catch (error) {
      hold.release();
      throw error;
    }
    return this.#send(order, prepared, hold, patience);
  }

  async #send(order: WorkOrder, prepared: PreparedJob, hold: Hold, patience: Patience): Promise<Attempt> {
    const { workers, logger, metrics } = this.#dependencies;
    const model = order.model.modelIdHex;
    workers.started(prepared.worker, model);
    try {
      const attempt = await this.#ask(order, prepared, hold, patience);
      metrics.attempt(order.model.name, attempt.kind === "answered" ? "answered" : attempt.error.code);
      if (attempt.kind === "answered") return attempt;
      logger.info("a job was not answered", { jobId: prepared.jobIdHex, worker: prepared.worker, error: attempt.error });
      if (attempt.mayHaveRun) await this.#dependencies.ledger.unanswered(order, prepared);
      else hold.release();
      return attempt;
    } finally {
      workers.ended(prepared.worker, model);
    }
  }

  async #ask(order: WorkOrder, prepared: PreparedJob, hold: Hold, patience: Patience): Promise<Attempt> {
    const { clock } = this.#dependencies.env;
    const startedMs = clock.monotonicMs();
    const timeoutMs = patience.deadlineMs - startedMs;
    if (timeoutMs < 1) return { kind: "final", error: deadlineError(), mayHaveRun: false };
    let payload: Uint8Array;
    try {
      const request = encodeWorkRequest(prepared, timeoutMs);
      await this.#dependencies.env.step("gateway.job.sending");
      await this.#dependencies.nextTurn();
      payload = await this.#dependencies.bus.request(workService(prepared.worker), request, { timeoutMs, signal: patience.signal });
      await this.#dependencies.env.step("gateway.job.replied");
    } catch (error) {
      return this.#failure(order, prepared, patience, { error, waitedMs: clock.monotonicMs() - startedMs });
    }
    const reply = decodeWorkReply(payload);
    if (reply.kind === "refused") return this.#refusal(prepared, reply.reason, reply.message);
    if (reply.kind === "malformed") return this.#lie(prepared, reply.problem);
    const { chainId } = this.#options;
    const verdict = verifyAnswer(prepared, reply.answer, {
      chainId,
      manifest: order.model.manifest,
      profile: order.profile,
      verify: this.#dependencies.verify,
    });
    if (verdict.kind === "invalid") return this.#lie(prepared, verdict.problem);
    hold.settle(verdict.answer.row.charge);
    this.#dependencies.workers.answered(prepared.worker, order.model.modelIdHex, clock.monotonicMs() - startedMs);
    const receipt = await this.#dependencies.ledger.answered(order, prepared, verdict.answer);
    return { kind: "answered", result: { jobIdHex: prepared.jobIdHex, row: verdict.answer.row, outputs: verdict.answer.outputs, receipt } };
  }

  #refusal(prepared: PreparedJob, reason: bus.WorkRefusal, message: string): Attempt {
    const meaning = meaningOfRefusal(reason, message);
    if (meaning.isWorkersFault) this.#dependencies.workers.failed(prepared.worker);
    return { kind: meaning.isFinal ? "final" : "elsewhere", error: meaning.error, mayHaveRun: false };
  }

  /** A wrong answer never reaches a client. Its worker may still settle it, so it counts as run (T27, T65). */
  #lie(prepared: PreparedJob, problem: string): Attempt {
    const { workers, logger, metrics } = this.#dependencies;
    workers.lied(prepared.worker);
    metrics.badAnswer();
    logger.error("a worker's answer was refused", { worker: prepared.worker, jobId: prepared.jobIdHex, problem });
    return { kind: "elsewhere", error: new GatewayError("execution_failed", "the worker's answer was not valid"), mayHaveRun: true };
  }

  /** The bus has told the worker's process that nobody waits; this tells the worker, whichever process it is by now, and it can check it. */
  #cancel(prepared: PreparedJob): void {
    const { bus, maker, logger } = this.#dependencies;
    try {
      const request = maker.cancel(prepared);
      if (request !== undefined) bus.notify(cancelJobSubject(prepared.worker), request);
    } catch (error) {
      logger.warn("a cancellation could not be sent", { jobId: prepared.jobIdHex, error });
    }
  }

  #failure(order: WorkOrder, prepared: PreparedJob, patience: Patience, { error: cause, waitedMs }: { error: unknown; waitedMs: number }): Attempt {
    const { workers } = this.#dependencies;
    if (isCancelled(patience.signal)) this.#cancel(prepared);
    if (patience.signal.aborted) return { kind: "final", error: new GatewayError("cancelled", "the client left", {}, { cause }), mayHaveRun: true };
    if (cause instanceof PayloadTooLargeError) {
      return {
        kind: "final",
        error: new GatewayError("request_too_large", "the job's tensors are too large for one request", {}, { cause }),
        mayHaveRun: false,
      };
    }
    if (cause instanceof DeadlineError) {
      workers.timedOut(prepared.worker, order.model.modelIdHex, waitedMs);
      return { kind: "final", error: deadlineError(cause), mayHaveRun: true };
    }
    const isUnheard = cause instanceof NoRespondersError;
    if (isUnheard || cause instanceof ConnectionLostError || cause instanceof BusClosedError) {
      workers.failed(prepared.worker);
      const error = new GatewayError("no_worker", "the worker cannot be reached", { retryAfterSeconds: 1 }, { cause });
      return { kind: "elsewhere", error, mayHaveRun: !isUnheard };
    }
    return { kind: "elsewhere", error: new GatewayError("execution_failed", "the worker failed at this job", {}, { cause }), mayHaveRun: true };
  }
}

/** Told by the client; a gateway that stops leaves its durable work to the next one. */
function isCancelled({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof GatewayError && reason.code === "cancelled";
}

function deadlineError(cause?: unknown): GatewayError {
  return new GatewayError("deadline", "no worker answered within the deadline", {}, cause === undefined ? undefined : { cause });
}
