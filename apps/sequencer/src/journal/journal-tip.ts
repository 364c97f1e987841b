import { headAfterRows, type LogId } from "@lamina/codec";
import { bytesEqual } from "@lamina/primitives";
import type { LogTip } from "@lamina/rollup";
import type { JournalBlock } from "./journal-record.ts";

/** How far a log has come in the blocks of `term` that are held; undefined where none holds a row of it. Blocks of other terms are dead. */
export function journalTip(blocks: readonly JournalBlock[], term: bigint, log: LogId): LogTip | undefined {
  for (const block of [...blocks].reverse()) {
    if (block.term !== term || block.posted.level !== log.level || block.posted.param !== log.param) continue;
    let at = 0;
    for (const run of block.posted.runs) {
      const rows = block.posted.rows.slice(at, at + run.count);
      at += run.count;
      if (run.incarnation !== log.incarnation || !bytesEqual(run.worker, log.worker)) continue;
      return { count: run.start + BigInt(run.count), head: headAfterRows(run.previousHead, rows) };
    }
  }
  return undefined;
}
