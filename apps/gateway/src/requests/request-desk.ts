import type { Env } from "@lamina/primitives";
import type { RequestLimits } from "../access/request-limits.ts";
import { GatewayError } from "../gateway-error.ts";
import type { AuthorizedCall } from "../http/call.ts";
import type { JobResult, JobRunner } from "../jobs/job-runner.ts";
import type { WorkOrder } from "../jobs/work-order.ts";
import { type DurableRequests, fingerprint } from "./durable-requests.ts";

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

export interface RequestDeskOptions {
  /** How long a client waits for an answer where it names no time itself. */
  readonly deadlineMs: number;
}

export interface RequestDeskDependencies {
  readonly env: Pick<Env, "clock">;
  readonly limits: RequestLimits;
  readonly runner: JobRunner;
  readonly durable: DurableRequests;
}

/** What a route makes of a request; who asks is known from the call. */
export type Wanted = Omit<WorkOrder, "organisationId" | "keyId" | "requestId" | "chargeMax"> & {
  readonly chargeMax?: bigint;
  readonly timeoutMs?: number;
};

/** Takes every request that runs a job: counts it against its key's limits, and runs it now, durably where it has an idempotency key. */
export class RequestDesk {
  readonly #options: RequestDeskOptions;
  readonly #dependencies: RequestDeskDependencies;

  constructor(options: RequestDeskOptions, dependencies: RequestDeskDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Resolves with the answer. Throws `GatewayError`. */
  async submit(call: AuthorizedCall, wanted: Wanted): Promise<JobResult> {
    const { limits, runner, durable, env } = this.#dependencies;
    const leave = await limits.enter(call.principal);
    try {
      const order = orderOf(call, wanted);
      const deadlineMs = env.clock.monotonicMs() + (wanted.timeoutMs ?? this.#options.deadlineMs);
      const key = idempotencyKey(call);
      if (key === undefined) return await runner.run(order, { deadlineMs, signal: call.signal });
      return await durable.runOnce(order, { key, bodyHash: fingerprint(call) }, deadlineMs);
    } finally {
      await leave();
    }
  }

  /** Resolves with the request's id once it is durable; it runs whether this process lives or not. */
  async accept(call: AuthorizedCall, wanted: Wanted): Promise<string> {
    const leave = await this.#dependencies.limits.enter(call.principal);
    try {
      return await this.#dependencies.durable.accept(
        orderOf(call, wanted),
        { key: idempotencyKey(call), bodyHash: fingerprint(call) },
        wanted.timeoutMs,
      );
    } finally {
      await leave();
    }
  }
}

function orderOf({ principal }: AuthorizedCall, { timeoutMs: _timeoutMs, chargeMax, ...wanted }: Wanted): WorkOrder {
  return { ...wanted, chargeMax, organisationId: principal.organisationId, keyId: principal.keyId };
}

function idempotencyKey(call: AuthorizedCall): string | undefined {
  const key = call.header("idempotency-key");
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return key;
  throw new GatewayError("invalid_request", "an Idempotency-Key is 1..255 printable ASCII characters without spaces", { param: "idempotency-key" });
}
