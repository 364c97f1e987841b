import { epochOf, type Job } from "@lamina/codec";
import { bytesEqual, type PublicKey, U64_MAX } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { askKey, type ChainFacts } from "../chain/chain-facts.ts";
import type { LaneFacts } from "../chain/lane-book.ts";
import type { Obligations } from "./obligations.ts";
import { type Refused, refuse } from "./refusal.ts";

const { WorkRefusal } = bus;
const LEVEL_OPTIMISTIC = 1;

/** What judging needs to know of a served model. */
export interface ModelTerms {
  /** Units of one item by profile id. */
  readonly unitsPerItem: ReadonlyMap<number, bigint>;
  /** Bytes of one item's outputs by profile id. */
  readonly outputBytesPerItem: ReadonlyMap<number, number>;
  /** Verification levels that its manifest allows. */
  readonly levels: readonly number[];
}

export interface JudgeContext {
  readonly worker: PublicKey;
  /** Undefined: not served here. */
  readonly model: ModelTerms | undefined;
  readonly lane: LaneFacts | undefined;
  readonly facts: ChainFacts;
  readonly obligations: Obligations;
  /** Heights that must be left until `settle_by` when the work begins. */
  readonly settleMargin: bigint;
  /** Largest outputs that an answer can carry. */
  readonly outputBytesMax: number;
}

export interface Judged {
  readonly kind: "judged";
  readonly units: bigint;
  /** Ulam. */
  readonly charge: bigint;
}

/**
 * Whether the row of this job would be paid, by the rules of docs/spec/settlement.md and by what is known now; signatures and commitments are
 * checked elsewhere. What it refuses would be void and cost the worker, or is not for it at all (docs/spec/job.md).
 */
export function judgeJob(job: Job, context: JudgeContext): Judged | Refused {
  const { facts, lane, obligations } = context;
  const priced = priceOf(job, context);
  if (priced.kind === "refused") return priced;
  const tooLate = timeProblem(job, context);
  if (tooLate !== undefined) return refuse(WorkRefusal.EXPIRED, tooLate);
  const debit = priced.charge + facts.rules.signatureFee;
  const uncovered = coverProblem(job, lane, debit, context);
  if (uncovered !== undefined) return refuse(WorkRefusal.NOT_COVERED, uncovered);
  const open = facts.operator.openValue + obligations.openCharge + priced.charge;
  if (open > facts.operator.exposureMax) {
    return refuse(WorkRefusal.OVERLOADED, `the worker's open value may be ${facts.operator.exposureMax} ulam, with this job ${open}`);
  }
  return priced;
}

/** Whether the job is for this worker at all, at a level that exists. */
export function addressProblem(job: Job, worker: PublicKey): Refused | undefined {
  if (!bytesEqual(job.worker, worker)) return refuse(WorkRefusal.WRONG_WORKER, "the job names another worker's key");
  if (job.level === LEVEL_OPTIMISTIC && job.param === 0) return undefined;
  return refuse(WorkRefusal.LEVEL, `expected level ${LEVEL_OPTIMISTIC} (optimistic) with param 0, found ${job.level} with ${job.param}`);
}

function priceOf(job: Job, { model, facts, outputBytesMax }: JudgeContext): Judged | Refused {
  const ask = facts.operator.asks.get(askKey(job.model));
  if (model === undefined || ask === undefined) return refuse(WorkRefusal.UNKNOWN_MODEL, "the worker does not offer this model");
  if (!model.levels.includes(job.level)) return refuse(WorkRefusal.LEVEL, `the model allows levels ${model.levels.join(", ")}, not ${job.level}`);
  const unitsPerItem = model.unitsPerItem.get(job.profile);
  if (unitsPerItem === undefined)
    return refuse(WorkRefusal.BAD_INPUT, `the model has profiles ${[...model.unitsPerItem.keys()].join(", ")}, not ${job.profile}`);
  const outputBytes = job.items * (model.outputBytesPerItem.get(job.profile) ?? 0);
  if (outputBytes > outputBytesMax) {
    return refuse(
      WorkRefusal.BAD_INPUT,
      `the outputs of ${job.items} items are ${outputBytes} bytes, one answer carries ${outputBytesMax}: ask for fewer`,
    );
  }
  if (job.unitPrice < ask) return refuse(WorkRefusal.PRICE, `expected at least ${ask} ulam a unit, found ${job.unitPrice}`);
  const units = BigInt(job.items) * unitsPerItem;
  const charge = units * job.unitPrice;
  if (charge > U64_MAX) return refuse(WorkRefusal.PRICE, `${units} units at ${job.unitPrice} ulam exceed 64 bits`);
  const debit = charge + facts.rules.signatureFee;
  if (debit > job.ceiling) return refuse(WorkRefusal.PRICE, `expected a ceiling of at least ${debit} ulam, found ${job.ceiling}`);
  return { kind: "judged", units, charge };
}

function timeProblem(job: Job, { facts, settleMargin }: JudgeContext): string | undefined {
  const earliest = facts.height + settleMargin;
  if (job.settleBy < earliest) return `settle_by: expected height ${earliest} or later, found ${job.settleBy}`;
  const latest = facts.height + facts.rules.settleByHorizon;
  return job.settleBy > latest ? `settle_by: expected height ${latest} or earlier, found ${job.settleBy}` : undefined;
}

function coverProblem(job: Job, lane: LaneFacts | undefined, debit: bigint, { facts, obligations }: JudgeContext): string | undefined {
  if (lane === undefined || lane.isClosed) return `lane ${job.lane} ${lane === undefined ? "does not exist" : "is closed"}`;
  if (job.settleBy > lane.endHeight) return `lane ${job.lane} ends at height ${lane.endHeight}, the job at ${job.settleBy}`;
  if (!lane.levels.includes(job.level)) return `lane ${job.lane} does not allow level ${job.level}`;
  if (lane.models !== undefined && !lane.models.has(askKey(job.model))) return `lane ${job.lane} does not allow this model`;
  if (BigInt(job.nonce) >= facts.rules.noncesPerEpoch) return `nonce: expected one below ${facts.rules.noncesPerEpoch}, found ${job.nonce}`;
  if (obligations.isNonceTaken(job.lane, epochOf(job.settleBy, facts.rules.epochHeights), job.nonce))
    return `nonce ${job.nonce} is taken by another job`;
  const left = lane.balance - obligations.debitOf(job.lane);
  return debit > left ? `lane ${job.lane} has ${left} ulam left, the job may take ${debit}` : undefined;
}
