import { encodeFinalRecord, exceptionsDigest, FinalRecordKind, forcedHeaderHash, headerHash } from "@lamina/codec";
import { peakCount } from "@lamina/merkle";
import { ByteReader, ByteWriter, DecodeError, type Digest, digest } from "@lamina/primitives";
import type { FinalPart, OrderedPart, PendingPart } from "./receipt.ts";

/** A key of the store `rollup` and what must stand under it. */
export interface SettledValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The store whose keys receipts prove. Source: docs/spec/settlement.md, *State read from outside*. */
export const rollupStore = "rollup";

const finalLogPrefix = 0x01;
const pendingPrefix = 0x02;
const pendingForcedPrefix = 0x03;

/** Hash of the block's header, whoever made it. */
export function orderedHash(ordered: OrderedPart): Digest {
  return ordered.kind === "block" ? headerHash(ordered.header) : forcedHeaderHash(ordered.header);
}

/** What the chain holds of a block that waits for its window. */
export function pendingValue(ordered: OrderedPart, pending: PendingPart): SettledValue {
  const value = new ByteWriter().fixed(orderedHash(ordered)).u64(pending.acceptedHeight);
  if (ordered.kind === "forced")
    return { key: new ByteWriter().u8(pendingForcedPrefix).u64(ordered.header.sequence).finish(), value: value.finish() };
  const key = new ByteWriter().u8(pendingPrefix).u64(ordered.header.term).u64(ordered.header.number).finish();
  return { key, value: value.fixed(pending.batchId ?? new Uint8Array(), 32).finish() };
}

/** What the chain holds of the final log. */
export function finalLogValue(log: FinalPart["log"]): SettledValue {
  const value = new ByteWriter().u64(BigInt(log.size));
  for (const peak of log.peaks) value.fixed(peak, 32);
  return { key: finalLogKey(), value: value.finish() };
}

/** What the chain holds under the final log's key, read back: a maker of receipts takes size and peaks from the very value it proves. */
export function decodeFinalLogValue(value: Uint8Array): { size: number; peaks: Digest[] } {
  const reader = new ByteReader(value);
  const size = reader.u64();
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError("out-of-range", 0, "a log size below 2^53", String(size));
  const peaks = Array.from({ length: peakCount(Number(size)) }, () => digest(reader.fixed(32, "peak")));
  reader.expectEnd();
  return { size: Number(size), peaks };
}

/** The key of the final log in the store `rollup`. */
export function finalLogKey(): Uint8Array {
  return Uint8Array.of(finalLogPrefix);
}

/** The block's final record: every part of it is either in the header or carried beside it. */
export function finalRecordBytes(ordered: OrderedPart, final: FinalPart): Uint8Array {
  const { header } = ordered;
  const place =
    ordered.kind === "block"
      ? { kind: FinalRecordKind.block, term: ordered.header.term, number: ordered.header.number }
      : { kind: FinalRecordKind.forced, term: 0n, number: ordered.header.sequence };
  return encodeFinalRecord({
    ...place,
    headerHash: orderedHash(ordered),
    rowsRoot: header.rowsRoot,
    rows: header.rows,
    level: header.level,
    param: header.param,
    acceptedHeight: final.acceptedHeight,
    finalHeight: final.finalHeight,
    debited: final.debited,
    refunded: final.refunded,
    exceptionsDigest: exceptionsDigest(final.exceptions),
  });
}
