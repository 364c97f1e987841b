import { nextHead, ROW_BYTES } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import { ByteReader, ByteWriter, bytesEqual, DecodeError, type Digest, digest, SIGNATURE_BYTES } from "@lamina/primitives";

/**
 * Rows that went to the disk by one fsync, with all that is needed to answer for them and to publish them again. Row `at` of the group stands at
 * index `start + at`.
 */
export interface RowGroup {
  /** The chain's height as known when they were appended. */
  readonly height: bigint;
  readonly start: bigint;
  /** `head(start)`. */
  readonly previousHead: Digest;
  readonly rows: readonly Uint8Array[];
  readonly jobSignatures: readonly Uint8Array[];
  /** The field `outputs` of each row's WorkAnswer, encoded. */
  readonly outputs: readonly Uint8Array[];
  readonly leafHashes: readonly Digest[];
  /** The head after each row. */
  readonly heads: readonly Digest[];
  /** The head after the last row. */
  readonly head: Digest;
}

const GROUP_KIND = 1;
export const GROUP_ROWS_MAX = 1_024;

/** The group's bytes as the journal keeps them; `readGroup` is the inverse. */
export function writeGroup(group: RowGroup): Uint8Array {
  const writer = new ByteWriter().u8(GROUP_KIND).u64(group.height).u64(group.start).fixed(group.previousHead, 32).u32(group.rows.length);
  group.rows.forEach((row, at) => {
    const outputs = group.outputs[at] ?? new Uint8Array();
    writer.fixed(row, ROW_BYTES).fixed(group.jobSignatures[at] ?? new Uint8Array(), SIGNATURE_BYTES);
    writer.u32(outputs.length).fixed(outputs);
  });
  return writer.fixed(group.head, 32).finish();
}

/** Throws `DecodeError`, also where the rows do not lead to the head that stands behind them. */
export function readGroup(bytes: Uint8Array): RowGroup {
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  if (kind !== GROUP_KIND) throw new DecodeError("unexpected-value", 0, `record kind ${GROUP_KIND}`, `${kind}`);
  const height = reader.u64();
  const start = reader.u64();
  const previousHead = digest(reader.fixed(32, "previous head"));
  const count = reader.u32();
  const rows: Uint8Array[] = [];
  const jobSignatures: Uint8Array[] = [];
  const outputs: Uint8Array[] = [];
  for (let at = 0; at < count; at++) {
    rows.push(reader.fixed(ROW_BYTES, "row"));
    jobSignatures.push(reader.fixed(SIGNATURE_BYTES, "job signature"));
    outputs.push(reader.fixed(reader.u32(), "outputs"));
  }
  const head = digest(reader.fixed(32, "head"));
  reader.expectEnd();
  const leafHashes = rows.map(hashLeaf);
  const heads = headsAfter(previousHead, leafHashes);
  if (!bytesEqual(heads.at(-1) ?? previousHead, head)) {
    throw new DecodeError("unexpected-value", bytes.length - 32, "the head that the rows lead to", "another");
  }
  return { height, start, previousHead, rows, jobSignatures, outputs, leafHashes, heads, head };
}

/** Whether the bytes begin like a group: a cheap first look. */
export function looksLikeGroup(bytes: Uint8Array): boolean {
  return bytes.length > ROW_BYTES && bytes[0] === GROUP_KIND;
}

/** Where the group ends: the log's count with it. */
export function endOfGroup(group: Pick<RowGroup, "start" | "rows">): bigint {
  return group.start + BigInt(group.rows.length);
}

/** `head(index)` for an index from the group's start to its end. */
export function headAt(group: RowGroup, index: bigint): Digest {
  return group.heads[Number(index - group.start) - 1] ?? group.previousHead;
}

/** The head after each of the rows with these leaf hashes. */
export function headsAfter(previousHead: Digest, leafHashes: readonly Digest[]): Digest[] {
  let head = previousHead;
  return leafHashes.map((leafHash) => {
    head = nextHead(head, leafHash);
    return head;
  });
}

const SETTLE_BY_OFFSET = 114;

/** `settle_by` of a row's bytes. Source: docs/spec/log.md. */
export function settleByOf(row: Uint8Array): bigint {
  return new DataView(row.buffer, row.byteOffset, row.byteLength).getBigUint64(SETTLE_BY_OFFSET);
}

/** The least `settle_by` of the group's rows. */
export function leastSettleBy(group: Pick<RowGroup, "rows">): bigint {
  return group.rows.map(settleByOf).reduce((least, each) => (each < least ? each : least));
}
