import { encodeFinalRecord, exceptionsDigest, FinalRecordKind, forcedHeaderHash, headerHash } from "@lamina/codec";
import { ByteWriter, type Digest } from "@lamina/primitives";
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
  return { key: Uint8Array.of(finalLogPrefix), value: value.finish() };
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
