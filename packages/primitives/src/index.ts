export { AssertionError, assert, assertNever } from "./assert.ts";
export { BaseError, isRetryable } from "./base-error.ts";
export { fromBase64, fromBase64Url, toBase64, toBase64Url } from "./base64.ts";
export type { Brand } from "./brand.ts";
export { ByteReader } from "./byte-reader.ts";
export { ByteWriter, U64_MAX } from "./byte-writer.ts";
export { bytesEqual, compareBytes, concatBytes } from "./bytes.ts";
export type { ErrorDescription } from "./describe-error.ts";
export { describeError } from "./describe-error.ts";
export type { DecodeErrorKind } from "./encoding-error.ts";
export { DecodeError, EncodeError } from "./encoding-error.ts";
export type { Clock, Env, Random, TimerHandle, Timers } from "./env.ts";
export type { AppendHandle, FileErrorCode, FileStat, FileSystem, WriteOptions } from "./file-system.ts";
export { FileError } from "./file-system.ts";
export type { Hex } from "./hex.ts";
export { fromHex, isHex, toHex } from "./hex.ts";
export type {
  AccountSequence,
  Address,
  BatchId,
  BlockNumber,
  ChainId,
  Digest,
  Height,
  JobId,
  LogIndex,
  ModelId,
  PublicKey,
  Signature,
  Ulam,
} from "./identifiers.ts";
export {
  accountSequence,
  batchId,
  blockNumber,
  chainId,
  DIGEST_BYTES,
  digest,
  digestFromHex,
  height,
  jobId,
  logIndex,
  modelId,
  PUBLIC_KEY_BYTES,
  publicKey,
  SIGNATURE_BYTES,
  signature,
  ulam,
} from "./identifiers.ts";
export type {
  ByteChannel,
  ByteSink,
  ChildExit,
  ChildHandle,
  ProcessSpawner,
  Signal,
  SpawnOptions,
  StreamTarget,
} from "./process-spawner.ts";
export { SpawnError } from "./process-spawner.ts";
export type { RetryOptions } from "./retry.ts";
export { backoffMs, retry } from "./retry.ts";
export { Secret } from "./secret.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
