import { decodeRow, encodeForcedRun, type LaneAuthorisation, type LogId, type Row } from "@lamina/codec";
import type { Signature } from "@lamina/primitives";
import type { SignedHead } from "../log/result-log.ts";
import type { RowGroup } from "../log/row-group.ts";

/** The bytes of `MsgForceInclude` for a group, every row under its own job's signature. Source: docs/spec/block.md, *Forced run*. */
export function writeForcedRun(log: LogId, group: RowGroup, signed: SignedHead, referenceHeight: bigint): Uint8Array {
  const rows = group.rows.map(decodeRow);
  return encodeForcedRun({
    level: log.level,
    param: log.param,
    referenceHeight,
    run: {
      worker: log.worker,
      incarnation: log.incarnation,
      start: group.start,
      count: rows.length,
      previousHead: group.previousHead,
      signature: signed.signature,
    },
    rows,
    authorisations: authorisationsOf(rows, group.jobSignatures),
  });
}

function authorisationsOf(rows: readonly Row[], jobSignatures: readonly Uint8Array[]): LaneAuthorisation[] {
  const byLane = new Map<bigint, Signature[]>();
  rows.forEach(({ lane }, at) => {
    const signatures = byLane.get(lane) ?? [];
    byLane.set(lane, signatures);
    signatures.push(jobSignatures[at] as Signature);
  });
  const lanes = [...byLane.keys()].sort((left, right) => (left < right ? -1 : 1));
  return lanes.map((lane) => ({ lane, mode: "each", signatures: byLane.get(lane) ?? [] }));
}
