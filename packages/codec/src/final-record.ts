import { ByteReader, ByteWriter, DecodeError, type Digest, digest } from "@lamina/primitives";
import { expectVersion } from "./batch.ts";

export const FINAL_RECORD_BYTES = 152;
const FINAL_RECORD_VERSION = 1;

export const FinalRecordKind = { block: 1, forced: 2 } as const;
export type FinalRecordKind = (typeof FinalRecordKind)[keyof typeof FinalRecordKind];

/** How a block ended, for ever (I10). Leaf data of the chain's append-only final log. Amounts in ulam. Source: docs/spec/final.md. */
export interface FinalRecord {
  readonly kind: FinalRecordKind;
  /** 0 for a forced run. */
  readonly term: bigint;
  /** A forced run's sequence. */
  readonly number: bigint;
  readonly headerHash: Digest;
  readonly rowsRoot: Digest;
  readonly rows: number;
  readonly level: number;
  readonly param: number;
  readonly acceptedHeight: bigint;
  readonly finalHeight: bigint;
  readonly debited: bigint;
  readonly refunded: bigint;
  readonly exceptionsDigest: Digest;
}

export function encodeFinalRecord(record: FinalRecord): Uint8Array {
  return new ByteWriter()
    .u8(FINAL_RECORD_VERSION)
    .u8(record.kind)
    .u64(record.term)
    .u64(record.number)
    .fixed(record.headerHash, 32)
    .fixed(record.rowsRoot, 32)
    .u32(record.rows)
    .u8(record.level)
    .u8(record.param)
    .u64(record.acceptedHeight)
    .u64(record.finalHeight)
    .u64(record.debited)
    .u64(record.refunded)
    .fixed(record.exceptionsDigest, 32)
    .finish();
}

/** Throws `DecodeError`. */
export function decodeFinalRecord(bytes: Uint8Array): FinalRecord {
  const reader = new ByteReader(bytes);
  expectVersion(reader, FINAL_RECORD_VERSION, "final record version");
  const kind = reader.u8();
  if (kind !== FinalRecordKind.block && kind !== FinalRecordKind.forced) {
    throw new DecodeError("unexpected-value", 1, "record kind 1 or 2", `${kind}`);
  }
  const term = reader.u64();
  if (kind === FinalRecordKind.forced && term !== 0n) throw new DecodeError("unexpected-value", 2, "term 0 of a forced run", `${term}`);
  const record: FinalRecord = {
    kind,
    term,
    number: reader.u64(),
    headerHash: digest(reader.fixed(32, "header hash")),
    rowsRoot: digest(reader.fixed(32, "rows root")),
    rows: reader.u32(),
    level: reader.u8(),
    param: reader.u8(),
    acceptedHeight: reader.u64(),
    finalHeight: reader.u64(),
    debited: reader.u64(),
    refunded: reader.u64(),
    exceptionsDigest: digest(reader.fixed(32, "exceptions digest")),
  };
  reader.expectEnd();
  return record;
}
