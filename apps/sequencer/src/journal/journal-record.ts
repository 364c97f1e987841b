import { type Batch, decodeBatch, encodeBatch, hash, headersOfBatch, type PlacedHeader, type PostedBlock } from "@lamina/codec";
import { BaseError, ByteReader, ByteWriter, bytesEqual, type ChainId, type Digest, digest, type PublicKey, publicKey } from "@lamina/primitives";

/** What the journal remembers, one record after another. */
export type JournalRecord =
  /** Begins every file: whose journal it is. */
  | { readonly kind: "owner"; readonly chainId: string; readonly key: PublicKey }
  /** A term was asked for, beginning after this accepted block. */
  | { readonly kind: "term"; readonly term: bigint; readonly acceptedNumber: bigint; readonly acceptedHash: Digest }
  /** The highest number signed in a term: carried into a new file, so that older ones may go. */
  | { readonly kind: "highest"; readonly term: bigint; readonly number: bigint }
  /** A signed block, whole. */
  | { readonly kind: "block"; readonly block: JournalBlock };

export interface JournalBlock {
  readonly term: bigint;
  readonly number: bigint;
  readonly parent: Digest;
  readonly hash: Digest;
  readonly posted: PostedBlock;
}

/** The journal holds what it cannot have written, or another's: nothing may be signed on top of it (I11, I34). */
export class JournalError extends BaseError<"JOURNAL"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }, options?: ErrorOptions) {
    super("JOURNAL", `journal ${details.path}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}

const KINDS = { owner: 1, term: 2, highest: 3, block: 4 } as const;
const CHECKSUM_BYTES = 8;
const FRAME_BYTES = 4 + 2 * CHECKSUM_BYTES;

/**
 * One record on disk: `u32 length ‖ checksum of the length ‖ checksum of the body ‖ body`, checksums the first 8 bytes of SHA-256. The length has its
 * own, so that a damaged one is never taken for a torn write and what follows it thrown away.
 */
export function frameRecord(record: JournalRecord): Uint8Array {
  const body = encodeBody(record);
  const length = new ByteWriter().u32(body.length).finish();
  return new ByteWriter().fixed(length).fixed(checksum(length)).fixed(checksum(body)).fixed(body).finish();
}

function checksum(bytes: Uint8Array): Uint8Array {
  return hash(bytes).subarray(0, CHECKSUM_BYTES);
}

function encodeBody(record: JournalRecord): Uint8Array {
  const writer = new ByteWriter().u8(KINDS[record.kind]);
  switch (record.kind) {
    case "owner":
      return writer.string(record.chainId).fixed(record.key, 32).finish();
    case "term":
      return writer.u64(record.term).u64(record.acceptedNumber).fixed(record.acceptedHash, 32).finish();
    case "highest":
      return writer.u64(record.term).u64(record.number).finish();
    case "block":
      return writer.fixed(encodeBatch(batchOf(record.block))).finish();
  }
}

/** What stands in a file from `offset` on. */
export type Framed =
  | { readonly kind: "record"; readonly record: JournalRecord; readonly end: number }
  | { readonly kind: "end" }
  /** A write that a crash cut short: the file ends in it, and nothing that it said ever left the process. */
  | { readonly kind: "torn" }
  | { readonly kind: "corrupt"; readonly expected: string; readonly found: string };

/** Reads the record at `offset`. Never throws for what a crash may leave. */
export function readRecord(bytes: Uint8Array, offset: number, chainId: ChainId): Framed {
  if (offset === bytes.length) return { kind: "end" };
  const rest = bytes.subarray(offset);
  // A file system may have grown the file before it wrote the bytes.
  if (rest.length < FRAME_BYTES || rest.every((byte) => byte === 0)) return { kind: "torn" };
  const corrupt: Framed = { kind: "corrupt", expected: `a record at offset ${offset}`, found: "a wrong checksum" };
  const reader = new ByteReader(rest);
  const length = reader.u32();
  if (!bytesEqual(reader.fixed(CHECKSUM_BYTES), checksum(rest.subarray(0, 4)))) return corrupt;
  const expected = reader.fixed(CHECKSUM_BYTES);
  if (length > reader.remaining) return { kind: "torn" };
  const body = reader.fixed(length);
  if (!bytesEqual(expected, checksum(body))) return reader.remaining === 0 ? { kind: "torn" } : corrupt;
  return { kind: "record", record: decodeBody(body, chainId), end: offset + FRAME_BYTES + length };
}

function decodeBody(body: Uint8Array, chainId: ChainId): JournalRecord {
  const reader = new ByteReader(body);
  const kind = reader.u8();
  if (kind === KINDS.block) return { kind: "block", block: blockOf(decodeBatch(reader.rest()), chainId) };
  const record = decodeSmall(reader, kind);
  reader.expectEnd();
  return record;
}

function decodeSmall(reader: ByteReader, kind: number): JournalRecord {
  if (kind === KINDS.owner) return { kind: "owner", chainId: reader.string(255), key: publicKey(reader.fixed(32)) };
  if (kind === KINDS.term) return { kind: "term", term: reader.u64(), acceptedNumber: reader.u64(), acceptedHash: digest(reader.fixed(32)) };
  if (kind === KINDS.highest) return { kind: "highest", term: reader.u64(), number: reader.u64() };
  throw new JournalError({ path: "record", expected: "a kind of 1..4", found: `${kind}` });
}

function batchOf({ term, number, parent, posted }: JournalBlock): Batch {
  return { term, firstNumber: number, parent, blocks: [posted] };
}

function blockOf(batch: Batch, chainId: ChainId): JournalBlock {
  const [posted] = batch.blocks;
  const [placed] = headersOfBatch(chainId, batch);
  if (posted === undefined || placed === undefined) throw new JournalError({ path: "record", expected: "one block", found: "none" });
  return { term: batch.term, number: batch.firstNumber, parent: batch.parent, hash: placed.hash, posted };
}

/** The record of a block just signed. */
export function journalBlock(placed: PlacedHeader, posted: PostedBlock): JournalBlock {
  const { term, number, parent } = placed.header;
  return { term, number, parent, hash: placed.hash, posted };
}
