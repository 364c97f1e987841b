import { hash } from "@lamina/codec";
import { BaseError, ByteReader, ByteWriter, bytesEqual, DecodeError } from "@lamina/primitives";
import type { Subject } from "../subjects.ts";

/** One message that waits until it is final. */
export interface OutboxEntry {
  readonly id: string;
  readonly subject: Subject;
  readonly payload: Uint8Array;
  readonly addedAtMs: number;
}

export type OutboxRecord = { readonly kind: "add"; readonly entry: OutboxEntry } | { readonly kind: "settle"; readonly id: string };

/** Bytes that were once on the disk whole are not so any more. The file must be restored or given up by a person. */
export class OutboxCorruptError extends BaseError<"OUTBOX_CORRUPT"> {
  readonly details: { readonly offsetBytes: number; readonly nextOffsetBytes: number };
  constructor(details: { offsetBytes: number; nextOffsetBytes: number }) {
    super(
      "OUTBOX_CORRUPT",
      `expected a whole frame at byte ${details.offsetBytes}, found a damaged one before the whole one at ${details.nextOffsetBytes}`,
    );
    this.details = details;
  }
}

/**
 * A frame is one group of records, written by one append and synced before the next: `magic (4) ‖ body length (u32) ‖ first 8 bytes of
 * SHA-256(body) ‖ body`. So a power cut can tear only the last frame, and a damaged frame before a whole one is no torn write.
 */
const MAGIC = Uint8Array.of(0x4c, 0x4f, 0x42, 0x31);
const CHECK_BYTES = 8;
const HEADER_BYTES = MAGIC.length + 4 + CHECK_BYTES;
const ADD = 1;
const SETTLE = 2;
const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;
const NAME_BYTES_MAX = 1024;

export function encodeFrame(records: readonly OutboxRecord[]): Uint8Array {
  const body = new ByteWriter();
  for (const record of records) writeRecord(body, record);
  const bytes = body.finish();
  return new ByteWriter().fixed(MAGIC).u32(bytes.length).fixed(checkOf(bytes)).fixed(bytes).finish();
}

/** Everything the file says, and how many of its bytes are whole frames; what follows them is a torn write. Throws `OutboxCorruptError`. */
export function decodeLog(file: Uint8Array): { readonly records: OutboxRecord[]; readonly wholeBytes: number } {
  const records: OutboxRecord[] = [];
  let offset = 0;
  for (let body = bodyAt(file, offset); body !== undefined; body = bodyAt(file, offset)) {
    readRecords(body, records);
    offset += HEADER_BYTES + body.length;
  }
  const nextOffsetBytes = findFrame(file, offset + 1);
  if (nextOffsetBytes !== undefined) throw new OutboxCorruptError({ offsetBytes: offset, nextOffsetBytes });
  return { records, wholeBytes: offset };
}

/** What an entry takes in the file, about. */
export function entryBytes(entry: OutboxEntry): number {
  return entry.payload.length + entry.id.length + entry.subject.length + HEADER_BYTES;
}

function writeRecord(body: ByteWriter, record: OutboxRecord): void {
  if (record.kind === "settle") {
    body.u8(SETTLE).string(record.id);
    return;
  }
  const { id, subject, payload, addedAtMs } = record.entry;
  body.u8(ADD).string(id).string(subject).u64(BigInt(addedAtMs)).prefixed(payload);
}

function readRecords(body: Uint8Array, into: OutboxRecord[]): void {
  const reader = new ByteReader(body);
  while (reader.remaining > 0) {
    const kind = reader.u8();
    const id = reader.string(NAME_BYTES_MAX, "id");
    if (kind === SETTLE) {
      into.push({ kind: "settle", id });
      continue;
    }
    if (kind !== ADD) throw new DecodeError("out-of-range", reader.offset, `a record of kind ${ADD} or ${SETTLE}`, String(kind));
    const subject = reader.string(NAME_BYTES_MAX, "subject") as Subject;
    const addedAtMs = Number(reader.u64());
    into.push({ kind: "add", entry: { id, subject, addedAtMs, payload: reader.prefixed(PAYLOAD_BYTES_MAX, "payload").slice() } });
  }
}

/** The body of a whole frame at `offset`. */
function bodyAt(file: Uint8Array, offset: number): Uint8Array | undefined {
  if (file.length - offset < HEADER_BYTES || !bytesEqual(file.subarray(offset, offset + MAGIC.length), MAGIC)) return undefined;
  const header = new ByteReader(file.subarray(offset + MAGIC.length, offset + HEADER_BYTES));
  const length = header.u32();
  const body = file.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length);
  return body.length === length && bytesEqual(header.rest(), checkOf(body)) ? body : undefined;
}

function findFrame(file: Uint8Array, from: number): number | undefined {
  for (let offset = file.indexOf(MAGIC[0] as number, from); offset >= 0; offset = file.indexOf(MAGIC[0] as number, offset + 1)) {
    if (bodyAt(file, offset) !== undefined) return offset;
  }
  return undefined;
}

function checkOf(body: Uint8Array): Uint8Array {
  return hash(body).subarray(0, CHECK_BYTES);
}
