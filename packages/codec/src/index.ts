export { batchIdOf, computeBatchId, decodeBatch, encodeBatch, headerOfBlock, headersOfBatch, type PlacedHeader } from "./batch.ts";
export { rowsPerLane } from "./body.ts";
export { isSignatureWellFormed, type PublicKeyProblem, publicKeyProblem, verifyEd25519Strict } from "./ed25519.ts";
export {
  decodeExceptions,
  EXCEPTION_RUN_BYTES,
  type ExceptionRun,
  encodeExceptions,
  exceptionsDigest,
  outcomeOf,
  readExceptions,
} from "./exceptions.ts";
export { decodeFinalRecord, encodeFinalRecord, FINAL_RECORD_BYTES, type FinalRecord, FinalRecordKind } from "./final-record.ts";
export { decodeForcedRun, encodeForcedRun } from "./forced-run.ts";
export { chainIdBytes, expectTag, hash, hmacSha256, readChainId, tagBytes, taggedHash } from "./hash.ts";
export {
  type BlockHeader,
  decodeForcedHeader,
  decodeHeader,
  encodeForcedHeader,
  encodeHeader,
  type ForcedHeader,
  forcedHeaderHash,
  genesisParent,
  headerHash,
} from "./header.ts";
export { type Direction, type Item, itemCommitments, itemsCommitment, itemsCommitmentOf, leafSalt, saltSeed } from "./items.ts";
export {
  computeJobId,
  decodeJob,
  decodeParameters,
  encodeJob,
  encodeParameters,
  epochOf,
  JOB_BYTES,
  JOB_ITEMS_MAX,
  type Job,
  jobIdOfBytes,
  NO_PARAMETERS,
  type Parameter,
  type PrivatePart,
  privateCommitment,
  REFERENCE_BYTES_MAX,
} from "./job.ts";
export { headAfter, headAfterRows, type LogId, nextHead, startHead } from "./log.ts";
export {
  computeModelId,
  MANIFEST_BYTES_MAX,
  MANIFEST_TAG,
  type Manifest,
  type ManifestFile,
  type Profile,
  type RightPadding,
  type TensorSpec,
} from "./manifest.ts";
export { decodeManifest, encodeManifest } from "./manifest-binary.ts";
export { isManifestPath, type ManifestProblem, manifestProblem } from "./manifest-check.ts";
export { ManifestJsonError, manifestFromJson, manifestToJson } from "./manifest-json.ts";
export { Outcome, type OutcomeName, outcomeName, PaidReason, RefundedReason, reasonName, SkippedReason, VoidReason } from "./outcomes.ts";
export type { Batch, ForcedRun, LaneAuthorisation, PostedBlock, PostedBody, PostedRun } from "./posted.ts";
export { rowsRoot, spendRoot, sumCharges } from "./roots.ts";
export { decodeRow, encodeRow, jobOfRow, ROW_BYTES, ROW_KIND_RESULT, ROW_VERSION, type Row, rowLeafHash } from "./row.ts";
export { compareRuns } from "./runs.ts";
export { type Signer, strictVerifier, type VerifySignature, verifySignature } from "./signer.ts";
export {
  cancelBytes,
  type HeadStatement,
  headBytes,
  type PossessStatement,
  possessBytes,
  ROLE_SEQUENCER,
  ROLE_SPENDER,
  ROLE_WORKER,
  type SpendStatement,
  signJobBytes,
  spendBytes,
} from "./statements.ts";
export { readBytes16, readBytes32, readStr8, readStr16, writeBytes16, writeBytes32, writeStr8, writeStr16 } from "./strings.ts";
export {
  DIMENSION_MAX,
  ElementType,
  elementBytes,
  isElementType,
  LEAF_BYTES,
  type LeafSalt,
  RANK_MAX,
  saltedLeaf,
  type Tensor,
  tensorCommitment,
  tensorLeafCount,
  tensorLeaves,
  tensorProblem,
} from "./tensor.ts";
export { decodeTensorsFile, encodeTensorsFile } from "./tensors-file.ts";
