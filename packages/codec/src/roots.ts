import { merkleRoot } from "@lamina/merkle";
import type { Digest, JobId } from "@lamina/primitives";
import { encodeRow, type Row } from "./row.ts";

/** `rows_root`: the tree over the rows' bytes, in the block's order. Source: docs/spec/block.md. */
export function rowsRoot(rows: readonly Row[]): Digest {
  return merkleRoot(rows.map(encodeRow));
}

/** The root in `lamina/spend/1`: the tree over a lane's job ids, in the block's order. */
export function spendRoot(jobIds: readonly JobId[]): Digest {
  return merkleRoot(jobIds);
}

/** Sum of the rows' charges, ulam. */
export function sumCharges(rows: readonly Row[]): bigint {
  return rows.reduce((sum, row) => sum + row.charge, 0n);
}
