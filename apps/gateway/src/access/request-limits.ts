import type { Env } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import type { Principal } from "./principal.ts";

const MINUTE_MS = 60_000;
/** A key may use this part of its minute at once. */
const BURST_SHARE = 0.25;

interface Bucket {
  tokens: number;
  filledAtMs: number;
  running: number;
}

/** Requests a minute and requests at once, by key, in this process (T4). */
export class RequestLimits {
  readonly #clock: Env["clock"];
  readonly #buckets = new Map<string, Bucket>();

  constructor(dependencies: { readonly env: Pick<Env, "clock"> }) {
    this.#clock = dependencies.env.clock;
  }

  /** Counts a request in; call the answer once it is over. Throws `GatewayError` (`rate_limit`, `concurrency_limit`). */
  enter(principal: Principal): () => void {
    const bucket = this.#bucketOf(principal);
    if (bucket.running >= principal.concurrencyMax) {
      throw new GatewayError("concurrency_limit", `this API key may run ${principal.concurrencyMax} requests at once`, { retryAfterSeconds: 1 });
    }
    if (bucket.tokens < 1) {
      const waitMs = ((1 - bucket.tokens) * MINUTE_MS) / principal.requestsPerMinute;
      const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
      throw new GatewayError("rate_limit", `this API key may make ${principal.requestsPerMinute} requests a minute`, { retryAfterSeconds });
    }
    bucket.tokens -= 1;
    bucket.running += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      bucket.running -= 1;
    };
  }

  #bucketOf({ keyId, requestsPerMinute }: Principal): Bucket {
    const nowMs = this.#clock.monotonicMs();
    const capacity = Math.max(1, requestsPerMinute * BURST_SHARE);
    const bucket = this.#buckets.get(keyId) ?? { tokens: capacity, filledAtMs: nowMs, running: 0 };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.filledAtMs) * requestsPerMinute) / MINUTE_MS);
    bucket.filledAtMs = nowMs;
    this.#buckets.set(keyId, bucket);
    return bucket;
  }
}
