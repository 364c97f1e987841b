import {
  computeJobId,
  type Direction,
  encodeHeader,
  encodeRow,
  headAfter,
  headBytes,
  type Item,
  itemsCommitment,
  type OutcomeName,
  outcomeName,
  outcomeOf,
  privateCommitment,
  reasonName,
  rowLeafHash,
  type VerifySignature,
  verifySignature,
} from "@lamina/codec";
import { logProblem, logRoot, verifyInclusion } from "@lamina/merkle";
import { bytesEqual, DecodeError, type JobId } from "@lamina/primitives";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeReceipt } from "./decode-receipt.ts";
import type { Header } from "./header.ts";
import type { ChainPart, FinalPart, OrderedPart, Receipt, ReceiptStage, SignedPart } from "./receipt.ts";
import { finalLogValue, finalRecordBytes, pendingValue, rollupStore, type SettledValue } from "./settled-value.ts";
import { storeProofProblem } from "./store-proof.ts";
import type { Timestamp } from "./timestamp.ts";
import { verifyTrustPath } from "./trust-path.ts";

export interface ReceiptReader {
  /** What the reader trusts; never from the receipt (T74). */
  readonly checkpoint: Checkpoint;
  /** The reader's clock, or the moment at which the receipt is to be judged. */
  readonly now: Timestamp;
  /** The tensors that the reader believes went in or came out, to be held against the commitments. */
  readonly inputs?: readonly Item[];
  readonly outputs?: readonly Item[];
  /** A faster verifier of the same rule, such as `strictVerifier` around a native one. */
  readonly verifySignature?: VerifySignature;
}

/** How the job stands: how its row ended where that is final, else how far it has come. */
export type ReceiptOutcome = OutcomeName | Exclude<ReceiptStage, "final">;

export type ReceiptVerdict =
  | {
      readonly kind: "valid";
      readonly outcome: ReceiptOutcome;
      /** Why, where an outcome has reasons. */
      readonly reason: string | undefined;
      readonly jobId: JobId;
      readonly receipt: Receipt;
      /** The signed chain header that it all ends in; undefined for stages that carry no chain part. */
      readonly provedBy: Header | undefined;
    }
  | { readonly kind: "invalid"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Verifies a receipt without network, by the steps of docs/spec/receipt.md: answer, row, worker's head, block, final record and outcome, app hash, signed
 * header, the reader's checkpoint (I18). Stages *signed* and *ordered* prove signatures only: whose keys those are is the chain's word. Never throws for
 * what a receipt holds.
 */
export function verifyReceipt(bytes: Uint8Array, reader: ReceiptReader): ReceiptVerdict {
  let receipt: Receipt;
  try {
    receipt = decodeReceipt(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return { kind: "unreadable", reason: error.message };
    throw error;
  }
  const verify = reader.verifySignature ?? verifySignature;
  const problem = problemBeforeChain(receipt, reader, verify);
  if (problem !== undefined) return { kind: "invalid", reason: problem };
  const jobId = computeJobId(receipt.chainId, receipt.signed.row);
  if (receipt.stage === "signed" || receipt.stage === "ordered") {
    return { kind: "valid", outcome: receipt.stage, reason: undefined, jobId, receipt, provedBy: undefined };
  }
  const trusted = verifyTrustPath(reader.checkpoint, receipt.chain.path, reader.now, verify);
  if (trusted.kind === "refused") return { kind: "invalid", reason: trusted.reason };
  const unsettled =
    receipt.stage === "pending"
      ? stateProblem(pendingValue(receipt.ordered, receipt.pending), receipt.chain, trusted.header)
      : finalProblem(receipt.ordered, receipt.final, receipt.chain, trusted.header);
  if (unsettled !== undefined) return { kind: "invalid", reason: unsettled };
  return { kind: "valid", ...outcomeOfReceipt(receipt), jobId, receipt, provedBy: trusted.header };
}

function problemBeforeChain(receipt: Receipt, reader: ReceiptReader, verify: VerifySignature): string | undefined {
  const { chainId, signed } = receipt;
  if (chainId !== reader.checkpoint.chainId) return `the checkpoint is of chain ${reader.checkpoint.chainId}, the receipt of ${chainId}`;
  return signedPartProblem(receipt, reader, verify) ?? (receipt.stage === "signed" ? undefined : orderedProblem(signed, receipt.ordered, verify));
}

/**
 * Why the worker's part of a receipt does not hold, or undefined: its private part is the row's, the tensors given are those committed to, and the
 * worker signed a head over the row. For who has an answer before any chain has it; whose key signed is not judged.
 */
export function signedPartProblem(
  receipt: Pick<Receipt, "chainId" | "signed">,
  tensors: Pick<ReceiptReader, "inputs" | "outputs">,
  verify: VerifySignature = verifySignature,
): string | undefined {
  const { signed } = receipt;
  return (
    privateProblem(signed) ??
    itemsProblem("input", tensors.inputs, signed.private.inputCommitment, signed) ??
    itemsProblem("output", tensors.outputs, signed.row.output, signed) ??
    headProblem(receipt, verify)
  );
}

function privateProblem({ row, private: secret }: SignedPart): string | undefined {
  return bytesEqual(privateCommitment(secret), row.h) ? undefined : "salt, input commitment, parameters and reference do not lead to the row's h";
}

function itemsProblem(
  direction: Direction,
  items: readonly Item[] | undefined,
  commitment: Uint8Array,
  { row, private: secret }: SignedPart,
): string | undefined {
  if (items === undefined) return undefined;
  if (items.length !== row.items || items.length === 0) return `the row has ${row.items} items, the ${direction} ${items.length}`;
  return bytesEqual(itemsCommitment(items, direction, secret.salt), commitment) ? undefined : `the ${direction} is not the one that was committed to`;
}

function headProblem({ chainId, signed }: Pick<Receipt, "chainId" | "signed">, verify: VerifySignature): string | undefined {
  const { row, head } = signed;
  const { worker, level, param, incarnation } = row;
  const count = row.index + 1n + BigInt(head.following.length);
  // A row's index may be the last that fits; no head counts that many rows.
  if (count >= 1n << 64n) return `a log holds fewer than 2^64 rows, found ${count}`;
  const reached = headAfter(head.previousHead, [rowLeafHash(row), ...head.following]);
  const statement = headBytes(chainId, { worker, level, param, incarnation, count, head: reached });
  return verify(worker, statement, head.signature) ? undefined : "the worker's signature over the head of its log does not verify";
}

function orderedProblem({ row }: SignedPart, ordered: OrderedPart, verify: VerifySignature): string | undefined {
  const { header, inclusion } = ordered;
  if (row.level !== header.level || row.param !== header.param)
    return `the row's level ${row.level}:${row.param} is not the block's, ${header.level}:${header.param}`;
  if (!verifyInclusion(header.rowsRoot, encodeRow(row), header.rows, inclusion))
    return `the row does not stand at ${inclusion.index} of the block's ${header.rows} rows`;
  if (ordered.kind === "forced") return undefined;
  return verify(ordered.sequencer, encodeHeader(ordered.header), ordered.signature)
    ? undefined
    : "the sequencer's signature over the header does not verify";
}

function finalProblem(ordered: OrderedPart, final: FinalPart, chain: ChainPart, header: Header): string | undefined {
  const { log } = final;
  const problem = logProblem(log);
  if (problem !== undefined) return problem;
  const record = finalRecordBytes(ordered, final);
  if (!verifyInclusion(logRoot(log.peaks), record, log.size, log.inclusion))
    return `the block's final record does not stand at ${log.inclusion.index} of the final log's ${log.size}`;
  return stateProblem(finalLogValue(log), chain, header);
}

function stateProblem(settled: SettledValue, chain: ChainPart, header: Header): string | undefined {
  return storeProofProblem({ appHash: header.appHash, store: rollupStore, ...settled }, chain.storeProof);
}

function outcomeOfReceipt(receipt: Receipt): { outcome: ReceiptOutcome; reason: string | undefined } {
  if (receipt.stage !== "final") return { outcome: receipt.stage, reason: undefined };
  const { outcome, reason } = outcomeOf(receipt.final.exceptions, receipt.ordered.inclusion.index);
  const name = outcomeName(outcome);
  // Decoding let only known outcomes pass.
  if (name === undefined) throw new TypeError(`outcome ${outcome} has no name`);
  return { outcome: name, reason: reasonName(outcome, reason) };
}
