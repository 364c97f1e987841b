import { type ByteReader, type ByteWriter, compareBytes, DecodeError, digest, EncodeError, publicKey, signature, U64_MAX } from "@lamina/primitives";
import type { PostedBody, PostedRun } from "./posted.ts";

/** Fewest bytes that a run takes: how many a block of some length can hold at most. */
const RUN_BYTES_MIN = 32 + 4 + 8 + 1 + 32 + 64;

export function writeRun(writer: ByteWriter, run: PostedRun): void {
  if (run.count < 1) throw new EncodeError("a run of at least 1 row", `${run.count}`);
  writer.fixed(run.worker, 32).u32(run.incarnation).u64(run.start).varint(run.count).fixed(run.previousHead, 32).fixed(run.signature, 64);
}

export function readRun(reader: ByteReader): PostedRun {
  const worker = publicKey(reader.fixed(32, "worker"));
  const incarnation = reader.u32();
  const start = reader.u64();
  const at = reader.offset;
  const count = reader.varintNumber(0xffffffff, "run count");
  if (count === 0) throw new DecodeError("out-of-range", at, "a run of at least 1 row", "0");
  if (start + BigInt(count) > U64_MAX) throw new DecodeError("out-of-range", at, "indices below 2^64", `${start} + ${count}`);
  const previousHead = digest(reader.fixed(32, "previous head"));
  return { worker, incarnation, start, count, previousHead, signature: signature(reader.fixed(64, "head signature")) };
}

/** Reads `count` runs, strictly ascending by (worker, incarnation), together `rows` rows. */
export function readRuns(reader: ByteReader, count: number, rows: number): PostedRun[] {
  const offset = reader.offset;
  if (count > reader.remaining / RUN_BYTES_MIN) {
    throw new DecodeError("truncated", offset, `${count} runs`, `${reader.remaining} bytes left`);
  }
  const runs: PostedRun[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    const run = readRun(reader);
    const before = runs.at(-1);
    if (before !== undefined && compareRuns(before, run) >= 0) {
      throw new DecodeError("unexpected-value", start, "runs in strictly ascending order of worker and incarnation", "another order");
    }
    runs.push(run);
    total += run.count;
  }
  if (total !== rows) throw new DecodeError("unexpected-value", offset, `runs of ${rows} rows together`, `${total}`);
  return runs;
}

/** The order of runs in a block: by worker, then incarnation. */
export function compareRuns(left: Pick<PostedRun, "worker" | "incarnation">, right: Pick<PostedRun, "worker" | "incarnation">): number {
  return compareBytes(left.worker, right.worker) || left.incarnation - right.incarnation;
}

/** Throws `EncodeError` unless the runs are in order and every row is the one that its run puts at its place. */
export function checkRowsOfRuns(body: PostedBody): void {
  let at = 0;
  body.runs.forEach((run, index) => {
    const before = body.runs[index - 1];
    if (before !== undefined && compareRuns(before, run) >= 0) throw new EncodeError("runs in strictly ascending order", "another order");
    for (let offset = 0; offset < run.count; offset++, at++) checkRow(body, run, offset, at);
  });
  if (at !== body.rows.length || at === 0) throw new EncodeError(`${at} rows, at least 1`, `${body.rows.length}`);
}

function checkRow(body: PostedBody, run: PostedRun, offset: number, at: number): void {
  const row = body.rows[at];
  const fits =
    row !== undefined &&
    row.level === body.level &&
    row.param === body.param &&
    row.incarnation === run.incarnation &&
    row.index === run.start + BigInt(offset) &&
    compareBytes(row.worker, run.worker) === 0;
  if (!fits) throw new EncodeError(`row ${at} at index ${run.start + BigInt(offset)} of its run's log`, row === undefined ? "none" : "another");
}
