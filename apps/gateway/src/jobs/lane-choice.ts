import type { ChainLane, ChainSnapshot } from "../chain/chain-snapshot.ts";
import { GatewayError } from "../gateway-error.ts";

export interface LaneNeed {
  readonly modelIdHex: string;
  readonly level: number;
  readonly ceiling: bigint;
  readonly settleBy: bigint;
}

/** The fullest lane of these that covers a job. Throws `GatewayError` (`lane_not_usable`), saying what is wrong with the best of them. */
export function chooseLane(snapshot: ChainSnapshot, laneIds: readonly bigint[], need: LaneNeed): ChainLane {
  const lanes = laneIds.flatMap((id) => snapshot.lanes.get(id) ?? []);
  const fullestFirst = lanes.toSorted((left, right) => (left.balance > right.balance ? -1 : left.balance < right.balance ? 1 : 0));
  const usable = fullestFirst.find((lane) => laneProblem(lane, need) === undefined);
  if (usable !== undefined) return usable;
  const [first] = fullestFirst;
  const problem = first === undefined ? "the organisation has no lane on the chain" : laneProblem(first, need);
  throw new GatewayError("lane_not_usable", problem ?? "no lane covers the job");
}

function laneProblem(lane: ChainLane, need: LaneNeed): string | undefined {
  if (!lane.isOpen) return `lane ${lane.id} is closed`;
  if (lane.endHeight < need.settleBy) return `lane ${lane.id} ends at height ${lane.endHeight}, the job could settle until ${need.settleBy}`;
  if (lane.models.size > 0 && !lane.models.has(need.modelIdHex)) return `lane ${lane.id} does not cover this model`;
  if (lane.levels.size > 0 && !lane.levels.has(need.level)) return `lane ${lane.id} does not cover level ${need.level}`;
  return lane.balance < need.ceiling ? `lane ${lane.id} holds ${lane.balance} ulam, the job may cost ${need.ceiling}` : undefined;
}
