import {
  ByteReader,
  ByteWriter,
  type ChainId,
  compareBytes,
  DecodeError,
  type Digest,
  digest,
  EncodeError,
  encodeUtf8,
  type JobId,
  type ModelId,
  modelId,
  type PublicKey,
  publicKey,
} from "@lamina/primitives";
import { chainIdBytes, hmacSha256, tagBytes, taggedHash } from "./hash.ts";
import { readBytes16, readStr8, writeBytes16, writeStr8 } from "./strings.ts";

export const JOB_BYTES = 140;
export const JOB_ITEMS_MAX = 0xffff;
export const REFERENCE_BYTES_MAX = 256;
/** `parameters` of a task that defines none. */
export const NO_PARAMETERS: Uint8Array = Uint8Array.of(0, 0);

/** What the client fixes before anything runs. Amounts in ulam, `settleBy` a chain height. Source: docs/spec/job.md. */
export interface Job {
  /** 1 optimistic, 2 quorum, 3 hybrid, 4 zk. */
  readonly level: number;
  readonly param: number;
  readonly worker: PublicKey;
  readonly lane: bigint;
  readonly nonce: number;
  readonly model: ModelId;
  readonly profile: number;
  readonly items: number;
  readonly unitPrice: bigint;
  readonly ceiling: bigint;
  readonly settleBy: bigint;
  /** `privateCommitment` of salt, input, parameters and reference. */
  readonly h: Digest;
}

/** The job's 140 bytes. Throws `EncodeError` for a field out of range. */
export function encodeJob(job: Job): Uint8Array {
  return new ByteWriter()
    .u8(job.level)
    .u8(job.param)
    .fixed(job.worker, 32)
    .u64(job.lane)
    .u32(job.nonce)
    .fixed(job.model, 32)
    .u16(job.profile)
    .u32(job.items)
    .u64(job.unitPrice)
    .u64(job.ceiling)
    .u64(job.settleBy)
    .fixed(job.h, 32)
    .finish();
}

/** Reads exactly 140 bytes. Throws `DecodeError`. What the chain makes of the values (void rows) is not judged here. */
export function decodeJob(bytes: Uint8Array): Job {
  const reader = new ByteReader(bytes);
  const job: Job = {
    level: reader.u8(),
    param: reader.u8(),
    worker: publicKey(reader.fixed(32, "worker")),
    lane: reader.u64(),
    nonce: reader.u32(),
    model: modelId(reader.fixed(32, "model")),
    profile: reader.u16(),
    items: reader.u32(),
    unitPrice: reader.u64(),
    ceiling: reader.u64(),
    settleBy: reader.u64(),
    h: digest(reader.fixed(32, "h")),
  };
  reader.expectEnd();
  return job;
}

/** `job_id`: computed by everybody and posted by nobody, so that no posted column can disagree with it (T66). A `Row` is a `Job` too. */
export function computeJobId(chainId: ChainId, job: Job): JobId {
  return jobIdOfBytes(chainId, encodeJob(job));
}

/** `job_id` of job bytes that are known to decode. */
export function jobIdOfBytes(chainId: ChainId, jobBytes: Uint8Array): JobId {
  return taggedHash("lamina/job/1", chainIdBytes(chainId), jobBytes) as JobId;
}

/** The part of a job that is never posted. */
export interface PrivatePart {
  /** 32 bytes, uniformly random, fresh for every job (T14). */
  readonly salt: Uint8Array;
  /** Items commitment of the inputs, direction 1. */
  readonly inputCommitment: Digest;
  /** `encodeParameters`. */
  readonly parameters: Uint8Array;
  /** The client's own words, at most 256 bytes (T75). */
  readonly reference: Uint8Array;
}

/** `h`: hides the private part, since it is keyed with the salt, and binds every byte of it. */
export function privateCommitment(part: PrivatePart): Digest {
  if (part.salt.length !== 32) throw new EncodeError("a salt of 32 bytes", `${part.salt.length}`);
  if (part.reference.length > REFERENCE_BYTES_MAX) {
    throw new EncodeError(`a reference of at most ${REFERENCE_BYTES_MAX} bytes`, `${part.reference.length}`);
  }
  const body = new ByteWriter().fixed(tagBytes("lamina/private/1")).fixed(part.inputCommitment, 32);
  writeBytes16(body, part.parameters);
  writeBytes16(body, part.reference);
  return hmacSha256(part.salt, body.finish());
}

export interface Parameter {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Parameters in ascending order of their keys' bytes; throws `EncodeError` for two of one key. */
export function encodeParameters(parameters: readonly Parameter[]): Uint8Array {
  const sorted = [...parameters].sort((left, right) => compareBytes(encodeUtf8(left.key), encodeUtf8(right.key)));
  const writer = new ByteWriter().u16(sorted.length);
  sorted.forEach(({ key, value }, index) => {
    if (index > 0 && sorted[index - 1]?.key === key) throw new EncodeError("each parameter once", JSON.stringify(key));
    writeStr8(writer, key);
    writeBytes16(writer, value);
  });
  return writer.finish();
}

/** Throws `DecodeError` unless keys ascend strictly and nothing follows. */
export function decodeParameters(bytes: Uint8Array): Parameter[] {
  const reader = new ByteReader(bytes);
  const count = reader.u16();
  const parameters: Parameter[] = [];
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    const key = readStr8(reader, "parameter key");
    const before = parameters.at(-1);
    if (before !== undefined && compareBytes(encodeUtf8(before.key), encodeUtf8(key)) >= 0) {
      throw new DecodeError("unexpected-value", start, `a key after ${JSON.stringify(before.key)}`, JSON.stringify(key));
    }
    parameters.push({ key, value: readBytes16(reader, "parameter value") });
  }
  reader.expectEnd();
  return parameters;
}

/** `epoch = settle_by div epoch_heights`: which nonce bitmap a job falls into (I4, T68). */
export function epochOf(settleBy: bigint, epochHeights: bigint): bigint {
  return settleBy / epochHeights;
}
