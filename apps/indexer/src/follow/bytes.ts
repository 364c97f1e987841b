import { toHex } from "@lamina/primitives";

/** Postgres' text form of `bytea`. */
export function bytea(bytes: Uint8Array): string {
  return `\\x${toHex(bytes)}`;
}
