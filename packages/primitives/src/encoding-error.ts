import { BaseError } from "./base-error.ts";

export type DecodeErrorKind =
  | "truncated"
  | "trailing-bytes"
  | "non-minimal-varint"
  | "varint-overflow"
  | "length-over-limit"
  | "invalid-utf8"
  | "invalid-hex"
  | "invalid-base64"
  | "out-of-range"
  | "unexpected-value";

/** Bytes or text from outside do not decode. `offset` counts bytes (characters for hex and base64) from the start of what was read. */
export class DecodeError extends BaseError<"DECODE_FAILED"> {
  readonly details: { readonly kind: DecodeErrorKind; readonly offset: number; readonly expected: string; readonly found: string };
  constructor(kind: DecodeErrorKind, offset: number, expected: string, found: string, options?: ErrorOptions) {
    super("DECODE_FAILED", `${kind} at offset ${offset}: expected ${expected}, found ${found}`, options);
    this.details = { kind, offset, expected, found };
  }
}

/** A value of ours does not fit the format it was to be written in. */
export class EncodeError extends BaseError<"ENCODE_FAILED"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(expected: string, found: string) {
    super("ENCODE_FAILED", `cannot encode: expected ${expected}, found ${found}`);
    this.details = { expected, found };
  }
}
