import { BaseError } from "./base-error.ts";

/** A bug of ours showed itself: no input can cause this, so nobody should catch it but the outermost edge. */
export class AssertionError extends BaseError<"ASSERTION_FAILED"> {
  readonly details = {};
  constructor(message: string) {
    super("ASSERTION_FAILED", message);
  }
}

/** States what only a bug can break. Bad input deserves a typed error instead. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Ends a `switch` over a union: the compiler refuses a forgotten case, and a value from outside the types is reported. */
export function assertNever(value: never, what: string): never {
  throw new AssertionError(`${what} is of no known kind: ${String(value)}`);
}
