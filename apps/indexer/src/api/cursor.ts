import { BaseError, decodeUtf8, encodeUtf8, fromBase64Url, toBase64Url } from "@lamina/primitives";

/** A cursor that this service did not make, or made for another listing. */
export class CursorError extends BaseError<"CURSOR"> {
  readonly details: { readonly listing: string };
  constructor(listing: string, options?: ErrorOptions) {
    super("CURSOR", `cursor: expected one that an earlier answer of ${listing} gave, found another text`, options);
    this.details = { listing };
  }
}

/** The place behind a line: the values of the listing's keys there. Opaque to clients. */
export function makeCursor(listing: string, keys: readonly string[]): string {
  return toBase64Url(encodeUtf8(JSON.stringify([listing, ...keys])));
}

/** Reads a cursor of `listing` with `count` keys. Throws `CursorError`. */
export function readCursor(listing: string, count: number, cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(decodeUtf8(fromBase64Url(cursor)));
    if (Array.isArray(parts) && parts.length === count + 1 && parts[0] === listing && parts.every((part) => typeof part === "string")) {
      return parts.slice(1) as string[];
    }
  } catch (cause) {
    throw new CursorError(listing, { cause });
  }
  throw new CursorError(listing);
}
