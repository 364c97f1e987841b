import { computeJobId, decodeRow } from "@lamina/codec";
import { type ChainId, type JobId, toHex } from "@lamina/primitives";
import type { ChainFacts } from "../chain/chain-facts.ts";
import { Obligations, obligationOf } from "../jobs/obligations.ts";
import { ResultIndex } from "../jobs/result-index.ts";
import { type OpenGroup, Unaccepted } from "../publishing/unaccepted.ts";
import type { GroupPlace } from "./journal.ts";
import type { RowGroup } from "./row-group.ts";

/** What is kept in memory of the log: where each job's result lies, what rows bind until the chain has them, and which it lacks. */
export class LogMemory {
  readonly index = new ResultIndex();
  readonly obligations = new Obligations();
  readonly unaccepted = new Unaccepted();
  readonly #chainId: ChainId;

  constructor(chainId: ChainId) {
    this.#chainId = chainId;
  }

  /** A group that an earlier process left: its results can be asked for, its rows bind lanes and bond until the chain has them. */
  recall(group: RowGroup, place: GroupPlace, { accepted, rules }: ChainFacts): void {
    group.rows.map(decodeRow).forEach((row, at) => {
      this.index.add(toHex(computeJobId(this.#chainId, row)), { place, at, index: row.index });
      this.obligations.place(this.obligations.hold(obligationOf(row, row.charge, rules)), row.index);
    });
    this.unaccepted.add(group, place);
    this.obligations.settle(accepted.count);
    this.unaccepted.accept(accepted.count);
  }

  /** A group that this process appended; its obligations are held already. */
  add(group: RowGroup, place: GroupPlace, jobIds: readonly JobId[]): OpenGroup {
    jobIds.forEach((jobId, at) => this.index.add(toHex(jobId), { place, at, index: group.start + BigInt(at) }));
    return this.unaccepted.add(group, place);
  }

  accept({ height, accepted, rules }: ChainFacts): void {
    this.unaccepted.accept(accepted.count);
    this.obligations.settle(accepted.count);
    this.obligations.forgetEpochsBefore(height / rules.epochHeights);
  }
}
