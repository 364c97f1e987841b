import { headAfter, type LogId, type Row } from "@lamina/codec";
import { bytesEqual, type Digest, type Signature } from "@lamina/primitives";

/** A row that waits for its block, with what is needed of it there. */
export interface WaitingRow {
  readonly row: Row;
  /** `leaf(row)`: serves head and block alike. */
  readonly leafHash: Digest;
  /** The spender's over the job, for blocks whose spender signs no root. */
  readonly jobSignature: Signature;
}

/** New rows of one log under one signed head, as the worker published them. */
export interface Segment {
  readonly start: bigint;
  /** `head(start)`. */
  readonly previousHead: Digest;
  readonly rows: readonly WaitingRow[];
  /** `head(start + rows)`. */
  readonly head: Digest;
  /** The worker's over that head. */
  readonly signature: Signature;
}

/** How far a log has come. */
export interface LogTip {
  readonly count: bigint;
  readonly head: Digest;
}

/** What is known of one log here: its tip in signed blocks, and the segments waiting behind it, each continuing the one before. */
export interface LogQueue<Item extends Segment = Segment> {
  readonly log: LogId;
  /** Rows up to here are in blocks already, or settled on the chain. */
  readonly tip: LogTip;
  readonly waiting: readonly Item[];
}

/** What becomes of a segment that arrives. */
export type Arrival<Item extends Segment = Segment> =
  /** It, or its rest, continues the log. */
  | { readonly kind: "queued"; readonly queue: LogQueue<Item> }
  /** All its rows are known. */
  | { readonly kind: "known" }
  /** Rows before it are missing: it may come again once they are there. */
  | { readonly kind: "gap"; readonly expected: bigint }
  /** It contradicts what the worker signed before: its log forked here (T29). */
  | { readonly kind: "fork"; readonly at: bigint };

/** Where the next segment must start. */
export function endOf(queue: LogQueue): LogTip {
  const last = queue.waiting.at(-1);
  return last === undefined ? queue.tip : { count: last.start + BigInt(last.rows.length), head: last.head };
}

/**
 * Adds a segment whose head and signature hold in themselves. Overlaps are what redelivery and resending make: the rows that are known must be the
 * same rows, which their head tells. `cut` gives the item that is left when its first `rows` are dropped.
 */
export function arrive<Item extends Segment>(queue: LogQueue<Item>, segment: Item, cut: (item: Item, rest: Segment) => Item): Arrival<Item> {
  const end = endOf(queue);
  const segmentEnd = segment.start + BigInt(segment.rows.length);
  if (segment.start > end.count) return { kind: "gap", expected: end.count };
  if (segmentEnd < end.count) return { kind: "known" };
  const overlap = Number(end.count - segment.start);
  const rest = segment.rows.slice(overlap);
  const known = segment.rows.slice(0, overlap).map(({ leafHash }) => leafHash);
  if (!bytesEqual(headAfter(segment.previousHead, known), end.head)) return { kind: "fork", at: end.count };
  if (rest.length === 0) return { kind: "known" };
  const item = overlap === 0 ? segment : cut(segment, { ...segment, start: end.count, previousHead: end.head, rows: rest });
  return { kind: "queued", queue: { ...queue, waiting: [...queue.waiting, item] } };
}

/** The queue once its first `segments` stand in a block. */
export function taken<Item extends Segment>(queue: LogQueue<Item>, segments: number): LogQueue<Item> {
  const last = queue.waiting[segments - 1];
  if (last === undefined) return queue;
  return { ...queue, tip: { count: last.start + BigInt(last.rows.length), head: last.head }, waiting: queue.waiting.slice(segments) };
}

/** The queue when the chain has come further than we knew, by a forced run: what it settled is dropped, what follows stays where it fits. */
export function settledTo<Item extends Segment>(queue: LogQueue<Item>, tip: LogTip, cut: (item: Item, rest: Segment) => Item): LogQueue<Item> {
  if (tip.count <= queue.tip.count) return queue;
  let settled: LogQueue<Item> = { ...queue, tip, waiting: [] };
  for (const segment of queue.waiting) {
    const arrival = arrive(settled, segment, cut);
    if (arrival.kind === "queued") settled = arrival.queue;
  }
  return settled;
}
