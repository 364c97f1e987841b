import { createHash } from "node:crypto";
import { bytesEqual, type Env, fromHex, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { Vault } from "../access/vault.ts";
import { GatewayError } from "../gateway-error.ts";
import type { Call } from "../http/call.ts";
import type { JobResult, JobRunner } from "../jobs/job-runner.ts";
import { decodePreparedJob, encodePreparedJob, type PreparedJob } from "../jobs/prepared-job.ts";
import type { WorkOrder } from "../jobs/work-order.ts";
import type { ModelCatalogue } from "../models/model-catalogue.ts";
import type { RequestStore, StoredRequest } from "./request-store.ts";
import { decodeResult, encodeAnswer, encodeFailure, type StoredResult } from "./stored-result.ts";
import { decodeWork, encodeWork } from "./stored-work.ts";

const REQUEST_ID_BYTES = 16;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 5_000;

export interface DurableRequestsOptions {
  /** How long an asynchronous request is tried where its client names no time. */
  readonly asyncDeadlineMs: number;
}

export interface DurableRequestsDependencies {
  readonly env: Pick<Env, "clock" | "timers" | "random" | "step">;
  readonly store: RequestStore;
  readonly vault: Vault;
  readonly runner: JobRunner;
  readonly catalogue: ModelCatalogue;
  readonly logger: Logger;
}

/** How a client named its request: the same key with another body is refused (T11). */
export interface RequestName {
  readonly key: string | undefined;
  readonly bodyHash: Uint8Array;
}

interface Terms {
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Nobody waits at the other end: what may pass is tried until the deadline. */
  readonly isPatient: boolean;
}

/**
 * Requests that outlive this process. One is stored before anything runs and each of its jobs before it is sent; a restart sends the same job again,
 * which its worker answers from its log, so it is paid once (I6, I8, T10, T15).
 */
export class DurableRequests {
  readonly #options: DurableRequestsOptions;
  readonly #dependencies: DurableRequestsDependencies;
  readonly #running = new Map<string, Promise<StoredResult>>();
  readonly #stopping = new AbortController();
  readonly #abandoning = new AbortController();

  constructor(options: DurableRequestsOptions, dependencies: DurableRequestsDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Ids of the requests that run here. */
  get runningIds(): string[] {
    return [...this.#running.keys()];
  }

  /** Runs a request of an idempotency key, or gives the answer that it had. Throws `GatewayError`. */
  async runOnce(order: WorkOrder, name: RequestName & { readonly key: string }, deadlineMs: number): Promise<JobResult> {
    const { clock } = this.#dependencies.env;
    const deadlineAtMs = clock.nowMs() + (deadlineMs - clock.monotonicMs());
    const stored = await this.#store(order, name, "sync", deadlineAtMs);
    if (stored.kind === "new") return resultOf(await this.#start(stored.id, order, undefined, { deadlineMs, isPatient: false }));
    return this.#repeat(stored.request, name, deadlineAtMs);
  }

  /** Stores an asynchronous request and starts it. Resolves with its id, once it is durable. */
  async accept(order: WorkOrder, name: RequestName, timeoutMs: number | undefined): Promise<string> {
    const { clock } = this.#dependencies.env;
    const durationMs = timeoutMs ?? this.#options.asyncDeadlineMs;
    const stored = await this.#store(order, name, "async", clock.nowMs() + durationMs);
    if (stored.kind === "known") {
      requireSameBody(stored.request, name);
      return stored.request.id;
    }
    void this.#start(stored.id, order, undefined, { deadlineMs: clock.monotonicMs() + durationMs, isPatient: true });
    return stored.id;
  }

  /** Takes over what a dead process left. */
  async takeOver(count: number): Promise<void> {
    for (const request of await this.#dependencies.store.claim(count)) {
      if (!this.#running.has(request.id)) await this.#restart(request);
    }
  }

  /** Stops trying, lets what was sent be answered for `drainMs`, and leaves the rest to whoever takes its lease. */
  async stop(drainMs: number): Promise<void> {
    const { timers } = this.#dependencies.env;
    this.#stopping.abort(new GatewayError("not_ready", "the gateway drains"));
    const timer = timers.setTimeout(() => this.#abandoning.abort(new GatewayError("not_ready", "the gateway stops")), drainMs);
    await Promise.allSettled(this.#running.values());
    timers.clearTimeout(timer);
  }

  async resultOf(request: StoredRequest): Promise<StoredResult | undefined> {
    if (request.result === undefined) return undefined;
    return decodeResult(await this.#dependencies.vault.open(request.organisationId, `result ${request.id}`, request.result));
  }

  async #store(
    order: WorkOrder,
    name: RequestName,
    mode: "sync" | "async",
    deadlineAtMs: number,
  ): Promise<{ kind: "new"; id: string } | { kind: "known"; request: StoredRequest }> {
    const { store, vault, env } = this.#dependencies;
    const id = `req_${toHex(env.random.bytes(REQUEST_ID_BYTES))}`;
    const work = await vault.seal(order.organisationId, `work ${id}`, encodeWork(order));
    const { organisationId, keyId, model } = order;
    await env.step("gateway.request.storing");
    const isNew = await store.insert({
      id,
      organisationId,
      keyId,
      idempotencyKey: name.key,
      bodyHash: name.bodyHash,
      mode,
      model: model.name,
      modelId: model.modelId,
      work,
      deadlineAtMs,
    });
    await env.step("gateway.request.stored");
    if (isNew) return { kind: "new", id };
    const request = await store.byIdempotencyKey(organisationId, name.key ?? "");
    if (request === undefined) throw new GatewayError("internal", "a stored request is gone");
    return { kind: "known", request };
  }

  async #repeat(request: StoredRequest, name: RequestName, deadlineAtMs: number): Promise<JobResult> {
    requireSameBody(request, name);
    const running = this.#running.get(request.id);
    if (running !== undefined) return resultOf(await running);
    const before = await this.resultOf(request);
    if (before !== undefined && (before.kind === "answer" || !before.error.retryable)) return resultOf(before);
    // A failure that may pass is tried again, so that a client's retry is worth making.
    if (await this.#dependencies.store.reclaim(request.id, deadlineAtMs)) return resultOf(await this.#restart({ ...request, deadlineAtMs }));
    throw new GatewayError("idempotency_running", "a request of this Idempotency-Key is still running", { retryAfterSeconds: 1 });
  }

  async #restart(request: StoredRequest): Promise<StoredResult> {
    const { vault, catalogue, env } = this.#dependencies;
    const { organisationId, keyId } = request;
    const work = decodeWork(await vault.open(organisationId, `work ${request.id}`, request.work));
    const model = await catalogue.find(toHex(request.modelId));
    const profile = model.manifest.profiles.find(({ id }) => id === work.profileId);
    if (profile === undefined) throw new GatewayError("internal", "a stored request names a profile that its model does not have");
    const { profileId: _profileId, ...rest } = work;
    const order: WorkOrder = { ...rest, organisationId, keyId, model, profile, requestId: request.id };
    const prepared =
      request.prepared === undefined
        ? undefined
        : decodePreparedJob(await vault.open(organisationId, `job ${request.id}`, request.prepared), work.items, toHex);
    const deadlineMs = env.clock.monotonicMs() + (request.deadlineAtMs - env.clock.nowMs());
    return this.#start(request.id, order, prepared, { deadlineMs, isPatient: request.mode === "async" });
  }

  #start(id: string, order: WorkOrder, prepared: PreparedJob | undefined, terms: Terms): Promise<StoredResult> {
    const running = this.#execute(id, { ...order, requestId: id }, prepared, terms).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    running.catch((error: unknown) =>
      this.#dependencies.logger.warn("a durable request is left to whoever takes its lease", { requestId: id, error }),
    );
    return running;
  }

  async #execute(id: string, order: WorkOrder, prepared: PreparedJob | undefined, terms: Terms): Promise<StoredResult> {
    const { store, vault, env } = this.#dependencies;
    const outcome = await this.#tryUntil(id, order, prepared, terms);
    await env.step("gateway.request.answered");
    const encoded = outcome.kind === "answer" ? encodeAnswer(outcome.result) : encodeFailure(outcome.error);
    const sealed = await vault.seal(order.organisationId, `result ${id}`, encoded);
    const jobId = outcome.kind === "answer" ? fromHex(outcome.result.jobIdHex) : undefined;
    await store.finish(id, outcome.kind === "answer" ? "answered" : "failed", sealed, jobId);
    await env.step("gateway.request.finished");
    return outcome;
  }

  /** Tries until an answer, a failure that no retry mends, or the deadline; once where somebody waits, who can ask again. */
  async #tryUntil(id: string, order: WorkOrder, prepared: PreparedJob | undefined, terms: Terms): Promise<StoredResult> {
    const { runner, env, store, vault } = this.#dependencies;
    const { deadlineMs, isPatient } = terms;
    const patience = { deadlineMs, signal: this.#abandoning.signal };
    const onPrepared = async (job: PreparedJob) => {
      await store.prepared(id, await vault.seal(order.organisationId, `job ${id}`, encodePreparedJob(job)), { jobId: job.jobId, lane: job.job.lane });
      await env.step("gateway.request.prepared");
    };
    for (let pauseMs = RETRY_MIN_MS; ; pauseMs = Math.min(RETRY_MAX_MS, 2 * pauseMs)) {
      try {
        const result =
          prepared === undefined ? await runner.run(order, patience, onPrepared) : await runner.resume(order, prepared, patience, onPrepared);
        return { kind: "answer", result };
      } catch (error) {
        // Left undecided: another gateway sends the same job again, and its worker answers from its log.
        if (!(error instanceof GatewayError) || this.#abandoning.signal.aborted) throw error;
        const isHopeless = !isPatient || !error.retryable || error.code === "deadline" || env.clock.monotonicMs() + pauseMs >= deadlineMs;
        if (isHopeless) return { kind: "failure", error };
        prepared = undefined;
        await env.timers.sleep(pauseMs, this.#stopping.signal);
      }
    }
  }
}

/** SHA-256 of everything that makes a request what it is. */
export function fingerprint(call: Call): Uint8Array {
  const hash = createHash("sha256");
  const parts = [call.route.id, JSON.stringify(call.params), call.header("lamina-level") ?? "", call.header("lamina-reference") ?? ""];
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}\n`);
  return hash.update(call.body).digest();
}

function requireSameBody(request: StoredRequest, name: RequestName): void {
  if (bytesEqual(request.bodyHash, name.bodyHash)) return;
  throw new GatewayError("idempotency_conflict", "the Idempotency-Key was used for another request", { param: "idempotency-key" });
}

function resultOf(stored: StoredResult): JobResult {
  if (stored.kind === "answer") return stored.result;
  throw stored.error;
}
