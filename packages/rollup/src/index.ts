export { type BatchCheck, type BlockKeys, type BlockProblem, blockProblem, checkBatch } from "./check-block.ts";
export { type BatchLimits, type CutBatch, cutBatch } from "./cut-batch.ts";
export { type BlockDraft, type BlockPlace, type DraftLane, draftBlock, finishBlock } from "./draft-block.ts";
export { type Arrival, arrive, endOf, type LogQueue, type LogTip, type Segment, settledTo, taken, type WaitingRow } from "./log-queue.ts";
export { type ChainTerm, nextPlace, nextSubmission, type SignedBlock, type SignerState, type Submission } from "./next-submission.ts";
export { type BlockLimits, type BlockPlan, type PlannedRun, planBlock, rowsThatFit } from "./plan-block.ts";
export { type ChargeShares, type FeeParams, splitCharge } from "./split-charge.ts";
