import { fromBinary } from "@bufbuild/protobuf";
import { decodeRow, headAfter, headBytes, type LogId, type Row, type VerifySignature } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import { bytesEqual, type ChainId, DecodeError, digest, publicKey, signature } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { Segment, WaitingRow } from "@lamina/rollup";

/** A published run, or why it is none: then it never will be, and is not asked for again (T27). */
export type ReadRun =
  | { readonly kind: "run"; readonly log: LogId; readonly segment: Segment }
  | { readonly kind: "refused"; readonly reason: string };

/** The only level that the chain settles yet. */
const LEVEL = 1;
const PARAM = 0;

/** Decodes and checks a run of the results stream: every row belongs to the log at its place, and the worker signed the head after them. */
export function readRun(chainId: ChainId, payload: Uint8Array, verify: VerifySignature, rowsMax: number): ReadRun {
  try {
    return checkRun(chainId, fromBinary(bus.ResultRunSchema, payload), verify, rowsMax);
  } catch (error) {
    // Protobuf's own errors are plain ones; whatever they are, these bytes are no run.
    const reason = error instanceof DecodeError ? error.message : "not a ResultRun";
    return { kind: "refused", reason };
  }
}

function checkRun(chainId: ChainId, run: bus.ResultRun, verify: VerifySignature, rowsMax: number): ReadRun {
  const { head: signed, start } = run;
  if (signed === undefined) return refused("no head");
  const log: LogId = { worker: publicKey(signed.worker), level: signed.level, param: signed.param, incarnation: signed.incarnation };
  if (log.level !== LEVEL || log.param !== PARAM) return refused(`level ${log.level} of param ${log.param} is not offered`);
  if (run.rows.length === 0 || run.rows.length > rowsMax) return refused(`expected 1..${rowsMax} rows, found ${run.rows.length}`);
  if (run.jobSignatures.length !== run.rows.length) return refused(`expected ${run.rows.length} job signatures, found ${run.jobSignatures.length}`);
  if (signed.count !== start + BigInt(run.rows.length))
    return refused(`expected a head of count ${start + BigInt(run.rows.length)}, found ${signed.count}`);
  const rows = run.rows.map((bytes, at): WaitingRow => {
    const row = decodeRow(bytes);
    // A row has one spelling, so the bytes that it was read from are its leaf.
    return { row, leafHash: hashLeaf(bytes), jobSignature: signature(run.jobSignatures[at] ?? new Uint8Array()) };
  });
  const misplaced = rows.findIndex(({ row }, at) => !isAt(row, log, start + BigInt(at)));
  if (misplaced !== -1) return refused(`row ${misplaced} belongs to another log or place`);
  const previousHead = digest(run.previousHead);
  const head = headAfter(
    previousHead,
    rows.map(({ leafHash }) => leafHash),
  );
  if (!bytesEqual(head, signed.head)) return refused("the rows do not lead to the signed head");
  const headSignature = signature(signed.signature);
  if (!verify(log.worker, headBytes(chainId, { ...log, count: signed.count, head }), headSignature)) return refused("wrong head signature");
  return { kind: "run", log, segment: { start, previousHead, rows, head, signature: headSignature } };
}

function isAt(row: Row, log: LogId, index: bigint): boolean {
  const { worker, level, param, incarnation } = row;
  return bytesEqual(worker, log.worker) && level === log.level && param === log.param && incarnation === log.incarnation && row.index === index;
}

function refused(reason: string): ReadRun {
  return { kind: "refused", reason };
}
