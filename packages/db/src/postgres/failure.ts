import { BaseError } from "@lamina/primitives";

/** Postgres did not do what it was asked. The statement's values are not told (I31). */
export class DatabaseError extends BaseError<"DATABASE"> {
  override readonly retryable: boolean;
  readonly details: { readonly operation: string; readonly sqlState: string | undefined };
  constructor(operation: string, cause: unknown) {
    const sqlState = sqlStateOf(cause);
    super("DATABASE", sqlState === undefined ? `${operation} failed` : `${operation} failed with SQLSTATE ${sqlState}`, { cause });
    this.details = { operation, sqlState };
    this.retryable = sqlState === undefined || RETRYABLE.test(sqlState);
  }
}

/** Connection lost, resources short, server going down or coming up, serialisation. Source: PostgreSQL 18, appendix A. */
const RETRYABLE = /^(08|40|53|57)/;

/** The five characters of SQLSTATE where the server answered with an error, or the driver's own code, such as `CONNECTION_CLOSED`. */
export function sqlStateOf(error: unknown): string | undefined {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** A row of that key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === "23505";
}

/** A `check` constraint forbids it. */
export function isCheckViolation(error: unknown): boolean {
  return sqlStateOf(error) === "23514";
}

/** Whether an error of the driver or the server may pass by itself: a lost connection, a server going down or coming up. */
export function isRetryableFailure(error: unknown): boolean {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) return RETRYABLE.test(sqlState);
  return typeof code === "string" && LOST.has(code);
}

/** Codes of postgres.js and of Node's sockets. */
const LOST = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
