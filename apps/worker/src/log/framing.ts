import { crc32 } from "node:zlib";

/** `length u32 ‖ crc32 u32 ‖ payload`, big-endian; the checksum is over length and payload. */
const HEADER_BYTES = 8;

/** What stands at one place of a journal file. */
export type Framed =
  | { readonly kind: "record"; readonly payload: Uint8Array; readonly end: number }
  /** The file ends within the record, or right behind it with a checksum that does not hold: a write that the crash cut short. */
  | { readonly kind: "torn" }
  | { readonly kind: "end" };

export function frame(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length);
  bytes.set(payload, HEADER_BYTES);
  view.setUint32(4, checksum(bytes, 0, payload.length));
  return bytes;
}

/**
 * Reads the record at `offset`; the payload is a view. Records are written one at a time, each synced before the next, so a crash can spoil the
 * last one alone: a bad record with more behind it is damage, and its reader must not take it for a torn end (`isTornEnd`).
 */
export function readFrame(bytes: Uint8Array, offset: number): Framed {
  if (offset === bytes.length) return { kind: "end" };
  if (bytes.length - offset < HEADER_BYTES) return { kind: "torn" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(offset);
  const end = offset + HEADER_BYTES + length;
  if (end > bytes.length || view.getUint32(offset + 4) !== checksum(bytes, offset, length)) return { kind: "torn" };
  return { kind: "record", payload: bytes.subarray(offset + HEADER_BYTES, end), end };
}

/**
 * Whether what stands at `offset` can be the one write that a crash cut short, rather than damage to something once whole: no whole record may stand
 * anywhere behind it. `isRecord` tells payloads from chance before a checksum is taken.
 */
export function isTornEnd(bytes: Uint8Array, offset: number, recordBytesMax: number, isRecord: (payload: Uint8Array) => boolean): boolean {
  if (bytes.length - offset > HEADER_BYTES + recordBytesMax) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = offset + 1; at + HEADER_BYTES < bytes.length; at++) {
    const end = at + HEADER_BYTES + view.getUint32(at);
    if (end <= bytes.length && isRecord(bytes.subarray(at + HEADER_BYTES, end)) && readFrame(bytes, at).kind === "record") return false;
  }
  return true;
}

function checksum(bytes: Uint8Array, offset: number, length: number): number {
  return crc32(bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length), crc32(bytes.subarray(offset, offset + 4)));
}
