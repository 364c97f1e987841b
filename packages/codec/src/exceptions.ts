import { ByteReader, ByteWriter, DecodeError, type Digest, EncodeError } from "@lamina/primitives";
import { taggedHash } from "./hash.ts";
import { Outcome, reasonName } from "./outcomes.ts";

export const EXCEPTION_RUN_BYTES = 10;

/** Consecutive rows of a block that ended alike and not plainly paid. Source: docs/spec/final.md. */
export interface ExceptionRun {
  /** Place of the first row in the block, from 0. */
  readonly first: number;
  readonly count: number;
  readonly outcome: Outcome;
  readonly reason: number;
}

/** The runs' bytes, 10 each. Throws `EncodeError` unless they are ascending, apart, joined where alike, and of known reasons. */
export function encodeExceptions(runs: readonly ExceptionRun[]): Uint8Array {
  const writer = new ByteWriter();
  runs.forEach((run, index) => {
    const problem = runProblem(runs[index - 1], run);
    if (problem !== undefined) throw new EncodeError(problem, describe(run));
    writer.u32(run.first).u32(run.count).u8(run.outcome).u8(run.reason);
  });
  return writer.finish();
}

/** Reads `count` runs of a block of `rows` rows; `reader` stands before the first. */
export function readExceptions(reader: ByteReader, count: number, rows: number): ExceptionRun[] {
  if (count > reader.remaining / EXCEPTION_RUN_BYTES) {
    throw new DecodeError("truncated", reader.offset, `${count} exception runs`, `${reader.remaining} bytes left`);
  }
  const runs: ExceptionRun[] = [];
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    const run: ExceptionRun = { first: reader.u32(), count: reader.u32(), outcome: reader.u8() as Outcome, reason: reader.u8() };
    const problem = runProblem(runs.at(-1), run) ?? (run.first + run.count > rows ? `rows below ${rows}` : undefined);
    if (problem !== undefined) throw new DecodeError("unexpected-value", start, problem, describe(run));
    runs.push(run);
  }
  return runs;
}

/** Reads runs and nothing after them. */
export function decodeExceptions(bytes: Uint8Array, rows: number): ExceptionRun[] {
  const reader = new ByteReader(bytes);
  const runs = readExceptions(reader, Math.floor(bytes.length / EXCEPTION_RUN_BYTES), rows);
  reader.expectEnd();
  return runs;
}

/** What the final record carries; of no runs where all rows are plainly paid. */
export function exceptionsDigest(runs: readonly ExceptionRun[]): Digest {
  return taggedHash("lamina/exceptions/1", new ByteWriter().u32(runs.length).fixed(encodeExceptions(runs)).finish());
}

/** How one row ended: by the run that covers it, else paid. */
export function outcomeOf(runs: readonly ExceptionRun[], row: number): { outcome: Outcome; reason: number } {
  const run = runs.find(({ first, count }) => row >= first && row < first + count);
  return run === undefined ? { outcome: Outcome.paid, reason: 0 } : { outcome: run.outcome, reason: run.reason };
}

function runProblem(before: ExceptionRun | undefined, run: ExceptionRun): string | undefined {
  if (run.count < 1) return "at least 1 row";
  if (reasonName(run.outcome, run.reason) === undefined) return "a known outcome and reason";
  const next = before === undefined ? 0 : before.first + before.count;
  if (run.first < next) return `a first row of at least ${next}`;
  const alike = before !== undefined && before.outcome === run.outcome && before.reason === run.reason;
  return alike && run.first === next ? "neighbours of equal outcome and reason joined" : undefined;
}

function describe(run: ExceptionRun): string {
  return `first ${run.first}, count ${run.count}, outcome ${run.outcome}, reason ${run.reason}`;
}
