import { ByteWriter, type ChainId, type Digest, encodeUtf8, type JobId, type PublicKey } from "@lamina/primitives";
import { chainIdBytes, tagBytes } from "./hash.ts";
import type { LogId } from "./log.ts";
import { writeBytes16 } from "./strings.ts";

/**
 * The bytes that each statement's signer signs: `str8(tag) ‖ chain_id ‖ body`. The tag keeps one statement from passing for another, the chain id
 * one network's from another's (I32, T27). A block's header is its own statement, see header.ts. Source: docs/spec/encoding.md.
 */
function statement(tag: string, chainId: ChainId): ByteWriter {
  return new ByteWriter().fixed(tagBytes(tag)).fixed(chainIdBytes(chainId));
}

/** Signed by the lane's spender before anything runs; ends with the height `settleBy`. */
export function signJobBytes(chainId: ChainId, jobId: JobId, settleBy: bigint): Uint8Array {
  return statement("lamina/sign-job/1", chainId).fixed(jobId, 32).u64(settleBy).finish();
}

/** Signed by the lane's spender; ends with the height `settleBy`. */
export function cancelBytes(chainId: ChainId, jobId: JobId, settleBy: bigint): Uint8Array {
  return statement("lamina/cancel/1", chainId).fixed(jobId, 32).u64(settleBy).finish();
}

export interface SpendStatement {
  readonly lane: bigint;
  readonly term: bigint;
  readonly number: bigint;
  /** Rows of the lane in the block. */
  readonly count: number;
  /** `spendRoot` of their job ids. */
  readonly root: Digest;
}

/** Signed by the lane's spender, for ids it issued and no others; ends with the term and number. */
export function spendBytes(chainId: ChainId, spend: SpendStatement): Uint8Array {
  return statement("lamina/spend/1", chainId).u64(spend.lane).u64(spend.term).u64(spend.number).u32(spend.count).fixed(spend.root, 32).finish();
}

export interface HeadStatement extends LogId {
  /** Rows in the log: 0 … count − 1. */
  readonly count: bigint;
  readonly head: Digest;
}

/** Signed by the worker; two of one log and count with different heads convict it (I16, T29). */
export function headBytes(chainId: ChainId, head: HeadStatement): Uint8Array {
  const start = statement("lamina/head/1", chainId).fixed(head.worker, 32).u8(head.level).u8(head.param);
  return start.u32(head.incarnation).u64(head.count).fixed(head.head, 32).finish();
}

export const ROLE_WORKER = 1;
export const ROLE_SEQUENCER = 2;
export const ROLE_SPENDER = 3;

export interface PossessStatement {
  /** `ROLE_WORKER`, `ROLE_SEQUENCER` or `ROLE_SPENDER`. */
  readonly role: number;
  readonly key: PublicKey;
  /** Bech32 address of the account that registers the key. */
  readonly account: string;
  /** Last height at which the statement counts. */
  readonly expires: bigint;
}

/** Signed by any key being registered, so that nobody registers a stranger's. */
export function possessBytes(chainId: ChainId, possess: PossessStatement): Uint8Array {
  const writer = statement("lamina/possess/1", chainId).u8(possess.role).fixed(possess.key, 32);
  writeBytes16(writer, encodeUtf8(possess.account));
  return writer.u64(possess.expires).finish();
}
