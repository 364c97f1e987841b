/**
 * The root of every typed error that Lamina throws. `code` is stable and machine-readable; the message names what was expected and what was
 * found; `details` carries both as fields; the reason beneath travels in `cause` and is not repeated in the message.
 */
export abstract class BaseError<Code extends string = string> extends Error {
  readonly code: Code;
  /** True where the same call may succeed later without any change by the caller. */
  readonly retryable: boolean = false;
  abstract readonly details: object;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Tells whether `error` is one of ours and worth another try. */
export function isRetryable(error: unknown): boolean {
  return error instanceof BaseError && error.retryable;
}
