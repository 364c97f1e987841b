import { BaseError } from "./base-error.ts";

export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: object;
  readonly stack?: string;
}

const CAUSES_MAX = 8;

/** Lays an error and its causes out as plain fields for one log line, outermost first; at most 8 deep, because causes may form a ring. */
export function describeError(error: unknown): ErrorDescription[] {
  const descriptions: ErrorDescription[] = [];
  for (let current = error; current !== undefined && descriptions.length < CAUSES_MAX; ) {
    descriptions.push(describeOne(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return descriptions;
}

function describeOne(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const plain = { name: error.name, message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
  if (error instanceof BaseError) return { ...plain, code: error.code, details: error.details };
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? { ...plain, code } : plain;
}
