import { BaseError } from "@lamina/primitives";

export type GatewayErrorCode =
  | "invalid_request"
  | "invalid_tensor"
  | "unsupported_level"
  | "unsupported_media_type"
  | "request_too_large"
  | "missing_api_key"
  | "invalid_api_key"
  | "not_allowed"
  | "not_found"
  | "method_not_allowed"
  | "model_not_found"
  | "lane_not_usable"
  | "spend_limit"
  | "charge_over_maximum"
  | "rate_limit"
  | "concurrency_limit"
  | "nonces_exhausted"
  | "idempotency_conflict"
  | "idempotency_running"
  | "no_worker"
  | "deadline"
  | "execution_failed"
  | "cancelled"
  | "not_ready"
  | "internal";

const STATUS: Readonly<Record<GatewayErrorCode, number>> = {
  invalid_request: 400,
  invalid_tensor: 400,
  unsupported_level: 400,
  unsupported_media_type: 415,
  request_too_large: 413,
  missing_api_key: 401,
  invalid_api_key: 401,
  not_allowed: 403,
  not_found: 404,
  method_not_allowed: 405,
  model_not_found: 404,
  lane_not_usable: 402,
  spend_limit: 429,
  charge_over_maximum: 400,
  rate_limit: 429,
  concurrency_limit: 429,
  nonces_exhausted: 429,
  idempotency_conflict: 422,
  idempotency_running: 409,
  no_worker: 503,
  deadline: 504,
  execution_failed: 502,
  cancelled: 499,
  not_ready: 503,
  internal: 500,
};

const RETRYABLE = new Set<GatewayErrorCode>([
  "rate_limit",
  "concurrency_limit",
  "nonces_exhausted",
  "idempotency_running",
  "no_worker",
  "deadline",
  "execution_failed",
  "not_ready",
  "internal",
]);

export interface GatewayErrorDetails {
  /** The field or tensor at fault. */
  readonly param?: string;
  readonly retryAfterSeconds?: number;
}

/** What a client is told went wrong. The message is for its eyes: no SQL, no stack, nothing of other organisations. */
export class GatewayError extends BaseError<GatewayErrorCode> {
  readonly details: GatewayErrorDetails;
  override readonly retryable: boolean;
  constructor(code: GatewayErrorCode, message: string, details: GatewayErrorDetails = {}, options?: ErrorOptions) {
    super(code, message, options);
    this.details = details;
    this.retryable = RETRYABLE.has(code);
  }

  get status(): number {
    return STATUS[this.code];
  }
}
