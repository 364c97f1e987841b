import type { RouteFamily } from "@lamina/api";
import { BaseError, backoffMs, type Env } from "@lamina/primitives";
import { ApiError, apiErrorOf } from "./api-error.ts";
import { InvalidRequestError, TransportError } from "./client-error.ts";

export interface ConnectionOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Tries in all of a request that may be repeated. */
  readonly attempts: number;
  /** For one try, unless the request says otherwise. */
  readonly timeoutMs: number;
}

export type ConnectionEnv = Pick<Env, "timers" | "random" | "fetch">;

/** How callers bound a request. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface GatewayRequest extends RequestOptions {
  readonly method: "GET" | "POST";
  /** From the root, encoded. */
  readonly path: string;
  readonly family: RouteFamily;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** With one, the gateway runs the request once, however often it is sent (I8). */
  readonly idempotencyKey?: string;
}

export interface GatewayAnswer {
  readonly status: number;
  /** Lower-case names. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

const BACKOFF = { baseDelayMs: 100, maxDelayMs: 5_000 };
const RETRY_AFTER_MS_MAX = 30_000;

/** Sends requests to one gateway; repeats those alone that run nothing twice. */
export class GatewayConnection {
  readonly #options: ConnectionOptions;
  readonly #env: ConnectionEnv;

  constructor(options: ConnectionOptions, env: ConnectionEnv) {
    if (!/^https?:\/\/[^?#]+$/.test(options.baseUrl)) throw new InvalidRequestError("baseUrl", "an http(s) URL", JSON.stringify(options.baseUrl));
    this.#options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, "") };
    this.#env = env;
  }

  /** The answer, of status 2xx. Throws `ApiError`, `TransportError`, or the signal's reason. */
  async send(request: GatewayRequest): Promise<GatewayAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(request);
      } catch (error) {
        if (attempt >= this.#options.attempts || !isWorthAnotherTry(request, error)) throw error;
        const askedMs = error instanceof ApiError ? (error.details.retryAfterMs ?? 0) : 0;
        const pauseMs = Math.max(backoffMs(this.#env, BACKOFF, attempt), Math.min(askedMs, RETRY_AFTER_MS_MAX));
        await this.#env.timers.sleep(pauseMs, request.signal);
      }
    }
  }

  async #sendOnce(request: GatewayRequest): Promise<GatewayAnswer> {
    request.signal?.throwIfAborted();
    const url = `${this.#options.baseUrl}${request.path}`;
    const timeoutMs = request.timeoutMs ?? this.#options.timeoutMs;
    const deadline = new AbortController();
    const timer = this.#env.timers.setTimeout(() => deadline.abort(new TransportError(url, `nothing within ${timeoutMs} ms`)), timeoutMs);
    const signal = request.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, request.signal]);
    try {
      const response = await this.#env.fetch(url, this.#initOf(request, signal));
      const answer = { status: response.status, header: headersOf(response), body: new Uint8Array(await response.arrayBuffer()) };
      if (response.status < 200 || response.status > 299) throw apiErrorOf(request.family, answer);
      return answer;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof BaseError) throw error;
      if (deadline.signal.aborted) throw deadline.signal.reason;
      throw new TransportError(url, error instanceof Error ? error.message : String(error), { cause: error });
    } finally {
      this.#env.timers.clearTimeout(timer);
    }
  }

  #initOf({ method, headers, body, idempotencyKey }: GatewayRequest, signal: AbortSignal): RequestInit {
    return {
      method,
      signal,
      // A redirect would carry the key to wherever it points.
      redirect: "error",
      headers: {
        authorization: `Bearer ${this.#options.apiKey}`,
        ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body as RequestInit["body"] & (string | Uint8Array) }),
    };
  }
}

/** Without an idempotency key a POST whose fate is unknown could run, and be paid, a second time; one that was over a limit surely did not run. */
function isWorthAnotherTry(request: GatewayRequest, error: unknown): boolean {
  if (!(error instanceof BaseError) || !error.retryable) return false;
  if (request.method === "GET" || request.idempotencyKey !== undefined) return true;
  return error instanceof ApiError && error.kind === "limited";
}

function headersOf(response: Response): (name: string) => string | undefined {
  return (name) => response.headers.get(name) ?? undefined;
}
