import type { Brand } from "./brand.ts";
import { U64_MAX } from "./byte-writer.ts";
import { DecodeError } from "./encoding-error.ts";
import { fromHex } from "./hex.ts";

/** SHA-256 output or a value of its length: 32 bytes. */
export type Digest = Brand<Uint8Array, "Digest">;
export type JobId = Digest & Brand<Uint8Array, "JobId">;
export type ModelId = Digest & Brand<Uint8Array, "ModelId">;
export type BatchId = Digest & Brand<Uint8Array, "BatchId">;
/** An ed25519 public key: 32 bytes. */
export type PublicKey = Brand<Uint8Array, "PublicKey">;
/** An ed25519 signature: 64 bytes. */
export type Signature = Brand<Uint8Array, "Signature">;

/** Height of a chain block; the first is 1. */
export type Height = Brand<bigint, "Height">;
/** Number of a rollup block. */
export type BlockNumber = Brand<bigint, "BlockNumber">;
/** Index into a worker's result log. */
export type LogIndex = Brand<bigint, "LogIndex">;
/** Order of an account's transactions. */
export type AccountSequence = Brand<bigint, "AccountSequence">;
/** Money, in the smallest unit. */
export type Ulam = Brand<bigint, "Ulam">;

export type ChainId = Brand<string, "ChainId">;
/** A bech32 account address. */
export type Address = Brand<string, "Address">;

export const DIGEST_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** The makers below check and brand; each throws `DecodeError` where the value does not fit. Bytes are not copied. */
export function digest(bytes: Uint8Array): Digest {
  return ofLength(bytes, DIGEST_BYTES, "digest") as Digest;
}

export function digestFromHex(text: string): Digest {
  return digest(fromHex(text));
}

export function jobId(bytes: Uint8Array): JobId {
  return ofLength(bytes, DIGEST_BYTES, "job id") as JobId;
}

export function modelId(bytes: Uint8Array): ModelId {
  return ofLength(bytes, DIGEST_BYTES, "model id") as ModelId;
}

export function batchId(bytes: Uint8Array): BatchId {
  return ofLength(bytes, DIGEST_BYTES, "batch id") as BatchId;
}

export function publicKey(bytes: Uint8Array): PublicKey {
  return ofLength(bytes, PUBLIC_KEY_BYTES, "public key") as PublicKey;
}

export function signature(bytes: Uint8Array): Signature {
  return ofLength(bytes, SIGNATURE_BYTES, "signature") as Signature;
}

export function height(value: bigint): Height {
  return u64(value, "height") as Height;
}

export function blockNumber(value: bigint): BlockNumber {
  return u64(value, "block number") as BlockNumber;
}

export function logIndex(value: bigint): LogIndex {
  return u64(value, "log index") as LogIndex;
}

export function accountSequence(value: bigint): AccountSequence {
  return u64(value, "account sequence") as AccountSequence;
}

export function ulam(value: bigint): Ulam {
  return u64(value, "amount in ulam") as Ulam;
}

export function chainId(text: string): ChainId {
  if (text.length === 0 || text.length > 50) throw new DecodeError("out-of-range", 0, "a chain id of 1..50 characters", `${text.length}`);
  return text as ChainId;
}

function ofLength(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new DecodeError("out-of-range", 0, `${what} of ${length} bytes`, `${bytes.length}`);
}

function u64(value: bigint, what: string): bigint {
  if (value >= 0n && value <= U64_MAX) return value;
  throw new DecodeError("out-of-range", 0, `${what} in 0..2^64-1`, String(value));
}
