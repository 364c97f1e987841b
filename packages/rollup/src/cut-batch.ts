import { type Batch, encodeBatch, type PostedBlock } from "@lamina/codec";
import type { Digest } from "@lamina/primitives";

export interface BatchLimits {
  readonly bytesMax: number;
  readonly rowsMax: number;
  readonly blocksMax: number;
}

export interface CutBatch {
  readonly batch: Batch;
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/**
 * The longest batch that begins with the first of `blocks` and keeps the limits. `blocks` follow each other and are of one term; the first always
 * fits, if it was planned with `rowsThatFit`.
 */
export function cutBatch(term: bigint, firstNumber: bigint, parent: Digest, blocks: readonly PostedBlock[], limits: BatchLimits): CutBatch {
  for (let count = withinCounts(blocks, limits); ; count = Math.ceil(count / 2)) {
    const batch = { term, firstNumber, parent, blocks: blocks.slice(0, count) };
    const bytes = encodeBatch(batch);
    if (bytes.length <= limits.bytesMax || count === 1) return { batch, bytes, rows: rowsOf(batch.blocks) };
  }
}

function withinCounts(blocks: readonly PostedBlock[], limits: BatchLimits): number {
  let rows = 0;
  let count = 0;
  for (const block of blocks) {
    rows += block.rows.length;
    if (count > 0 && (rows > limits.rowsMax || count >= limits.blocksMax)) break;
    count += 1;
  }
  return count;
}

function rowsOf(blocks: readonly PostedBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.rows.length, 0);
}
