import { BaseError } from "@lamina/primitives";

/** What was asked for cannot be sent, or is no question: nothing was sent. */
export class InvalidRequestError extends BaseError<"INVALID_REQUEST"> {
  readonly details: { readonly param: string; readonly expected: string; readonly found: string };
  constructor(param: string, expected: string, found: string) {
    super("INVALID_REQUEST", `${param}: expected ${expected}, found ${found}`);
    this.details = { param, expected, found };
  }
}

/** No answer came: no connection, or none in time. Whether a job ran is not known. */
export class TransportError extends BaseError<"TRANSPORT"> {
  override readonly retryable = true;
  readonly details: { readonly url: string; readonly reason: string };
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super("TRANSPORT", `no answer from ${url}: ${reason}`, options);
    this.details = { url, reason };
  }
}

/** The gateway answered with something else than its API describes. */
export class MalformedAnswerError extends BaseError<"MALFORMED_ANSWER"> {
  readonly details: { readonly field: string; readonly expected: string; readonly found: string };
  constructor(field: string, expected: string, found: string, options?: ErrorOptions) {
    super("MALFORMED_ANSWER", `the gateway's answer: ${field} must be ${expected}, found ${found}`, options);
    this.details = { field, expected, found };
  }
}

/** An asynchronous job ended without an answer. */
export class JobFailedError extends BaseError<"JOB_FAILED"> {
  override readonly retryable: boolean;
  readonly details: { readonly id: string; readonly state: string; readonly problemCode: string };
  constructor(id: string, state: string, problem: { readonly code: string; readonly message: string; readonly retryable: boolean } | undefined) {
    super("JOB_FAILED", `request ${id} ended as ${state}${problem === undefined ? "" : `: ${problem.message}`}`);
    this.details = { id, state, problemCode: problem?.code ?? "" };
    this.retryable = problem?.retryable ?? false;
  }
}

/** It was waited for no longer; the job goes on. */
export class WaitTimeoutError extends BaseError<"WAIT_TIMEOUT"> {
  override readonly retryable = true;
  readonly details: { readonly id: string; readonly expected: string; readonly found: string };
  constructor(id: string, expected: string, found: string, timeoutMs: number) {
    super("WAIT_TIMEOUT", `${id}: expected ${expected} within ${timeoutMs} ms, found ${found}`);
    this.details = { id, expected, found };
  }
}
