import {
  type BlockHeader,
  computeJobId,
  encodeHeader,
  headerHash,
  type LaneAuthorisation,
  type PlacedHeader,
  type PostedBlock,
  type PostedRun,
  type Row,
  rowsPerLane,
  type SpendStatement,
  spendRoot,
  sumCharges,
} from "@lamina/codec";
import { emptyRoot, hashNode } from "@lamina/merkle";
import type { ChainId, Digest, JobId, Signature } from "@lamina/primitives";
import type { WaitingRow } from "./log-queue.ts";
import type { BlockPlan } from "./plan-block.ts";

/** Where a block stands. */
export interface BlockPlace {
  readonly chainId: ChainId;
  readonly term: bigint;
  readonly number: bigint;
  readonly parent: Digest;
  readonly referenceHeight: bigint;
}

/** One lane's rows in a draft, in the block's order. */
export interface DraftLane {
  readonly lane: bigint;
  readonly rows: readonly WaitingRow[];
  readonly jobIds: readonly JobId[];
  /** What its spender is asked to sign. */
  readonly spend: SpendStatement;
}

/** A block that lacks its signatures alone: the header is decided, since authorisations are no part of it. */
export interface BlockDraft {
  readonly placed: PlacedHeader;
  readonly runs: readonly PostedRun[];
  readonly rows: readonly WaitingRow[];
  readonly lanes: readonly DraftLane[];
}

/** Lays a plan out at its place. */
export function draftBlock(plan: BlockPlan, place: BlockPlace): BlockDraft {
  const waiting = plan.runs.flatMap((run) => run.segments.flatMap((segment) => segment.rows));
  const rows = waiting.map(({ row }) => row);
  const runs = plan.runs.map(runOf);
  const { chainId, term, number, parent, referenceHeight } = place;
  const header: BlockHeader = {
    chainId,
    term,
    number,
    parent,
    level: plan.level,
    param: plan.param,
    referenceHeight,
    rows: rows.length,
    runs: runs.length,
    charges: sumCharges(rows),
    rowsRoot: rootOf(waiting),
  };
  const placed = { header, bytes: encodeHeader(header), hash: headerHash(header) };
  return { placed, runs, rows: waiting, lanes: lanesOf(waiting, rows, place) };
}

/** The whole block. `authorisations`: one for each of the draft's lanes, in their order. */
export function finishBlock(draft: BlockDraft, authorisations: readonly LaneAuthorisation[], signature: Signature): PostedBlock {
  const { level, param, referenceHeight, charges, rowsRoot } = draft.placed.header;
  const rows = draft.rows.map(({ row }) => row);
  return { level, param, referenceHeight, charges, rowsRoot, signature, runs: draft.runs, rows, authorisations };
}

function runOf({ queue, segments }: BlockPlan["runs"][number]): PostedRun {
  const [first, last] = [segments[0], segments.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError("a planned run has at least one segment");
  const count = segments.reduce((sum, segment) => sum + segment.rows.length, 0);
  const { worker, incarnation } = queue.log;
  return { worker, incarnation, start: first.start, count, previousHead: first.previousHead, signature: last.signature };
}

/** `rows_root` from the leaf hashes that the rows carry already: each level of pairs over the one below, an odd last node rising as it is. */
function rootOf(rows: readonly WaitingRow[]): Digest {
  let level = rows.map(({ leafHash }) => leafHash);
  while (level.length > 1) {
    const above: Digest[] = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(hashNode(level[at] as Digest, level[at + 1] as Digest));
    if (level.length % 2 === 1) above.push(level.at(-1) as Digest);
    level = above;
  }
  return level[0] ?? emptyRoot();
}

function lanesOf(waiting: readonly WaitingRow[], rows: readonly Row[], { chainId, term, number }: BlockPlace): DraftLane[] {
  const byLane = new Map<bigint, WaitingRow[]>();
  for (const each of waiting) {
    const lane = byLane.get(each.row.lane);
    if (lane === undefined) byLane.set(each.row.lane, [each]);
    else lane.push(each);
  }
  return rowsPerLane(rows).map(([lane, count]) => {
    const own = byLane.get(lane) ?? [];
    const jobIds = own.map(({ row }) => computeJobId(chainId, row));
    return { lane, rows: own, jobIds, spend: { lane, term, number, count, root: spendRoot(jobIds) } };
  });
}
