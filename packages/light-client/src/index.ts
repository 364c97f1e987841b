export { assembleFinal, assembleOrdered, type BlockFacts, type FinalFacts, finalFactsOf, ReceiptFactsError } from "./assemble-receipt.ts";
export { type Checkpoint, CheckpointError, formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
export { chooseSteps, type SignedBlockSource, type StepsChosen, type StepsRefused } from "./choose-steps.ts";
export { type Commit, type CommitSignature, commitProblem, minimizeCommit, type SignedBlock } from "./commit.ts";
export { decodeReceipt } from "./decode-receipt.ts";
export { encodeReceipt } from "./encode-receipt.ts";
export { type BlockId, blockProtocol, type Header, hashHeader } from "./header.ts";
export { type LightBlock, readLightBlock, type TrustedSet, writeLightBlock } from "./light-block.ts";
export type { ChainPart, FinalPart, OrderedPart, PendingPart, Receipt, ReceiptStage, SignedPart } from "./receipt.ts";
export { ChainProver, type ProvedValue, type RpcCall } from "./rpc/chain-prover.ts";
export { RpcAnswerError } from "./rpc/rpc-answer.ts";
export {
  decodeFinalLogValue,
  finalLogKey,
  finalLogValue,
  finalRecordBytes,
  orderedHash,
  pendingValue,
  rollupStore,
  type SettledValue,
} from "./settled-value.ts";
export { encodeStoreProof, type StoreClaim, storeProofProblem } from "./store-proof.ts";
export { formatTimestamp, parseTimestamp, type Timestamp, timestampFromMs, timestampToNanos } from "./timestamp.ts";
export { type TrustPathVerdict, verifyTrustPath } from "./trust-path.ts";
export { hashValidatorSet, totalPower, type Validator, type ValidatorSet, validatorAddress, validatorSetProblem } from "./validator-set.ts";
export { type ReceiptOutcome, type ReceiptReader, type ReceiptVerdict, signedPartProblem, verifyReceipt } from "./verify-receipt.ts";
export { type Precommit, precommitSignBytes } from "./vote.ts";
