import { compareRuns } from "@lamina/codec";
import type { LogQueue, Segment } from "./log-queue.ts";

export interface BlockLimits {
  readonly rowsMax: number;
  readonly runsMax: number;
}

/** What one log gives to a block: its first `segments` waiting segments, one contiguous run. */
export interface PlannedRun<Item extends Segment = Segment> {
  readonly queue: LogQueue<Item>;
  readonly segments: readonly Item[];
}

/** One block of one level: runs in the order in which they will stand. */
export interface BlockPlan<Item extends Segment = Segment> {
  readonly level: number;
  readonly param: number;
  readonly runs: readonly PlannedRun<Item>[];
  readonly rows: number;
}

/** Bytes of a posted row at its worst: every column changing, its own model and lane, its own signature. */
const ROW_BYTES_WORST = 270;
const RUN_BYTES_WORST = 160;
const BLOCK_BYTES = 512;

/** How many rows a block may have so that it fits a batch of its own, whatever its rows hold. */
export function rowsThatFit(batchBytesMax: number, runsMax: number): number {
  return Math.max(1, Math.floor((batchBytesMax - BLOCK_BYTES - runsMax * RUN_BYTES_WORST) / ROW_BYTES_WORST));
}

/**
 * The next block from what waits, or undefined where nothing does. Logs take turns, a segment each, in the order of `queues`: hand them over with
 * the longest waiting first, so that no busy log keeps a quiet one out (T30). A segment is taken whole, since only its end is signed; one that
 * alone exceeds `rowsMax` never fits and is the caller's to refuse. The first log decides the block's level.
 */
export function planBlock<Item extends Segment>(queues: readonly LogQueue<Item>[], limits: BlockLimits): BlockPlan<Item> | undefined {
  const first = queues.find((queue) => (queue.waiting[0]?.rows.length ?? Number.POSITIVE_INFINITY) <= limits.rowsMax);
  if (first === undefined) return undefined;
  const { level, param } = first.log;
  const candidates = queues.filter(({ log, waiting }) => log.level === level && log.param === param && waiting.length > 0);
  const takes = new Map<LogQueue<Item>, number>();
  let rows = 0;
  let open = candidates;
  while (open.length > 0) {
    const next: LogQueue<Item>[] = [];
    for (const queue of open) {
      const count = takes.get(queue) ?? 0;
      const segment = queue.waiting[count];
      if (segment === undefined || rows + segment.rows.length > limits.rowsMax) continue;
      if (count === 0 && takes.size >= limits.runsMax) continue;
      takes.set(queue, count + 1);
      rows += segment.rows.length;
      next.push(queue);
    }
    open = next;
  }
  const runs = [...takes].map(([queue, count]) => ({ queue, segments: queue.waiting.slice(0, count) }));
  runs.sort((left, right) => compareRuns(left.queue.log, right.queue.log));
  return { level, param, runs, rows };
}
