import type { Batch, LogId } from "@lamina/codec";
import type { BatchId, Digest, ModelId, PublicKey } from "@lamina/primitives";
import type { BatchLimits, ChainTerm, LogTip } from "@lamina/rollup";
import type { HeadFault } from "./faults/head-fault.ts";

/** Limits and prices that the chain's parameters set. */
export interface ChainLimits extends BatchLimits {
  readonly blockRunsMax: number;
}

export interface SubmittedBatch {
  readonly batchId: BatchId;
  /** The chain had it already. */
  readonly isRepeated: boolean;
  readonly height: bigint;
  readonly gasUsed: bigint;
}

/** What became of a batch. */
export type Submitted =
  | { readonly kind: "accepted"; readonly accepted: SubmittedBatch }
  /** The chain stands elsewhere than we thought: read it again. */
  | { readonly kind: "stale"; readonly reason: string }
  /** The chain says that the batch breaks a rule: it never will be accepted as it is. */
  | { readonly kind: "rejected"; readonly codespace: string; readonly code: number; readonly reason: string };

/** What the chain made of a report. */
export type Reported =
  | { readonly kind: "convicted"; readonly rewardUlam: bigint }
  /** Somebody reported the key before. */
  | { readonly kind: "judged" }
  /** It will never take this evidence. */
  | { readonly kind: "refused"; readonly reason: string };

/** Since when something is registered; it stays registered for ever. */
export interface Registered {
  readonly registeredHeight: bigint;
}

/** The chain, as a sequencer asks it. Every method throws retryable errors of @lamina/chain-client while the node does not answer. */
export interface SequencerChain {
  /** Bech32 account that submits. */
  readonly operator: string;
  height(): Promise<bigint>;
  /** Term 0 before the first sequencer registered. */
  term(): Promise<ChainTerm>;
  limits(): Promise<ChainLimits>;
  logTip(log: LogId): Promise<LogTip>;
  workerKey(key: PublicKey): Promise<Registered | undefined>;
  model(model: ModelId): Promise<Registered | undefined>;
  lane(lane: bigint): Promise<(Registered & { readonly spenderKey: PublicKey }) | undefined>;
  /** `bytes`: the batch, encoded. */
  submit(batch: Batch, bytes: Uint8Array, signal: AbortSignal): Promise<Submitted>;
  /** Whether a sequencer, by its account, is jailed, convicted, unbonding or gone. */
  isSequencerOut(operator: string): Promise<boolean>;
  /** Whether the chain would give the term now. */
  canTakeTerm(term: bigint, acceptedNumber: bigint, acceptedHash: Digest): Promise<boolean>;
  /** Asks for the next term, building on the accepted block. */
  takeTerm(term: bigint, acceptedNumber: bigint, acceptedHash: Digest): Promise<void>;
  /** Tells of a worker that signed two heads of one count. */
  reportHeadFault(fault: HeadFault, signal: AbortSignal): Promise<Reported>;
}
