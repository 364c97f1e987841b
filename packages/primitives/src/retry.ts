import { isRetryable } from "./base-error.ts";
import type { Env } from "./env.ts";

export interface RetryOptions {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Longest wait before the second try. */
  readonly baseDelayMs: number;
  /** Longest wait before any try. */
  readonly maxDelayMs: number;
  readonly signal?: AbortSignal;
  /** Which errors are worth another try; those that call themselves `retryable` where not given. */
  readonly shouldRetry?: (error: unknown, attempt: number) => boolean;
}

/**
 * Calls `operation` (with 1, 2, ...) until it succeeds, its error is not worth another try, or the tries are used up; then throws its last error.
 * Waits double, each drawn evenly from half the step to all of it, so that many callers do not return in one wave.
 */
export async function retry<T>(env: Pick<Env, "timers" | "random">, options: RetryOptions, operation: (attempt: number) => Promise<T>): Promise<T> {
  const shouldRetry = options.shouldRetry ?? isRetryable;
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (attempt >= options.attempts || !shouldRetry(error, attempt)) throw error;
    }
    await env.timers.sleep(backoffMs(env, options, attempt), options.signal);
  }
}

/** The wait after failed try `attempt` (from 1): for loops that never give up and keep their own count. */
export function backoffMs(env: Pick<Env, "random">, options: Pick<RetryOptions, "baseDelayMs" | "maxDelayMs">, attempt: number): number {
  const stepMs = Math.min(options.maxDelayMs, options.baseDelayMs * 2 ** Math.min(attempt - 1, 52));
  const [high = 0, low = 0] = env.random.bytes(2);
  return stepMs / 2 + (stepMs / 2) * ((high * 256 + low) / 0xffff);
}
