import { create, toBinary } from "@bufbuild/protobuf";
import type { LogId } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { headMessage } from "../jobs/write-reply.ts";
import type { SignedHead } from "../log/result-log.ts";
import { endOfGroup, type RowGroup } from "../log/row-group.ts";

/** A group as the stream of results carries it, under the head after its last row. */
export function writeRun(log: LogId, group: RowGroup, signed: SignedHead): Uint8Array {
  const { previousHead, start, rows, jobSignatures } = group;
  const run = { previousHead, start, rows: [...rows], jobSignatures: [...jobSignatures], head: headMessage(log, signed) };
  return toBinary(bus.ResultRunSchema, create(bus.ResultRunSchema, run));
}

export function writeHead(log: LogId, signed: SignedHead): Uint8Array {
  return toBinary(bus.SignedHeadSchema, headMessage(log, signed));
}

/**
 * Message id of one sending. All tries of a round share it, so that a lost acknowledgement stores nothing twice; each later round has its own,
 * since the stream remembers the old id while the message itself may be gone with a sequencer that took it and died.
 */
export function runMessageId({ worker, incarnation }: LogId, endCount: bigint, round: string | undefined): string {
  const id = `${toHex(worker)}:${incarnation}:${endCount}`;
  return round === undefined ? id : `${id}~${round}`;
}

/** Groups that follow each other as one, so that what waits for long goes out in few messages. */
export function joinGroups(groups: readonly [RowGroup, ...RowGroup[]]): RowGroup {
  const [first] = groups;
  const last = groups[groups.length - 1] as RowGroup;
  if (first === last) return first;
  for (const [at, group] of groups.slice(1).entries()) {
    const expected = endOfGroup(groups[at] as RowGroup);
    if (group.start !== expected) throw new RangeError(`expected a group from ${expected} on, found ${group.start}`);
  }
  return {
    height: first.height,
    start: first.start,
    previousHead: first.previousHead,
    rows: groups.flatMap(({ rows }) => rows),
    jobSignatures: groups.flatMap(({ jobSignatures }) => jobSignatures),
    outputs: groups.flatMap(({ outputs }) => outputs),
    leafHashes: groups.flatMap(({ leafHashes }) => leafHashes),
    heads: groups.flatMap(({ heads }) => heads),
    head: last.head,
  };
}
