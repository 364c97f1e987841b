import { hashLeaf } from "@lamina/merkle";
import { DecodeError, type Digest, digest, EncodeError, modelId, publicKey, U64_MAX } from "@lamina/primitives";
import type { Job } from "./job.ts";

export const ROW_BYTES = 202;
export const ROW_VERSION = 1;
export const ROW_KIND_RESULT = 0;

/** Entry of the worker's log and leaf of the block, one byte string. It holds every job column, so a `Row` is a `Job`. Source: docs/spec/log.md. */
export interface Row extends Job {
  readonly incarnation: number;
  /** Position in its log, from 0. */
  readonly index: bigint;
  readonly units: bigint;
  /** Ulam. */
  readonly charge: bigint;
  /** Items commitment of the outputs, direction 2. */
  readonly output: Digest;
}

/** The row's 202 bytes. Written field by field into one buffer: thousands of them pass every second. Throws `EncodeError`. */
export function encodeRow(row: Row): Uint8Array {
  const bytes = new Uint8Array(ROW_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = ROW_VERSION;
  bytes[1] = ROW_KIND_RESULT;
  put32(bytes, 2, row.worker, "worker");
  bytes[34] = number(row.level, 0xff, "level");
  bytes[35] = number(row.param, 0xff, "param");
  view.setUint32(36, number(row.incarnation, 0xffffffff, "incarnation"));
  view.setBigUint64(40, u64(row.index, "index"));
  view.setBigUint64(48, u64(row.lane, "lane"));
  view.setUint32(56, number(row.nonce, 0xffffffff, "nonce"));
  put32(bytes, 60, row.model, "model");
  view.setUint16(92, number(row.profile, 0xffff, "profile"));
  view.setUint32(94, number(row.items, 0xffffffff, "items"));
  view.setBigUint64(98, u64(row.unitPrice, "unit_price"));
  view.setBigUint64(106, u64(row.ceiling, "ceiling"));
  view.setBigUint64(114, u64(row.settleBy, "settle_by"));
  put32(bytes, 122, row.h, "h");
  view.setBigUint64(154, u64(row.units, "units"));
  view.setBigUint64(162, u64(row.charge, "charge"));
  put32(bytes, 170, row.output, "output");
  return bytes;
}

/** Reads exactly 202 bytes. Throws `DecodeError`. */
export function decodeRow(bytes: Uint8Array): Row {
  if (bytes.length < ROW_BYTES) throw new DecodeError("truncated", bytes.length, `row: ${ROW_BYTES} bytes`, `${bytes.length}`);
  if (bytes.length > ROW_BYTES) throw new DecodeError("trailing-bytes", ROW_BYTES, "the end", `${bytes.length - ROW_BYTES} more bytes`);
  if (bytes[0] !== ROW_VERSION) throw new DecodeError("unexpected-value", 0, `row version ${ROW_VERSION}`, `${bytes[0]}`);
  if (bytes[1] !== ROW_KIND_RESULT) throw new DecodeError("unexpected-value", 1, `row kind ${ROW_KIND_RESULT}`, `${bytes[1]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    worker: publicKey(bytes.slice(2, 34)),
    level: view.getUint8(34),
    param: view.getUint8(35),
    incarnation: view.getUint32(36),
    index: view.getBigUint64(40),
    lane: view.getBigUint64(48),
    nonce: view.getUint32(56),
    model: modelId(bytes.slice(60, 92)),
    profile: view.getUint16(92),
    items: view.getUint32(94),
    unitPrice: view.getBigUint64(98),
    ceiling: view.getBigUint64(106),
    settleBy: view.getBigUint64(114),
    h: digest(bytes.slice(122, 154)),
    units: view.getBigUint64(154),
    charge: view.getBigUint64(162),
    output: digest(bytes.slice(170, 202)),
  };
}

/** `leaf(row)`: serves the worker's log and the block's tree alike. */
export function rowLeafHash(row: Row): Digest {
  return hashLeaf(encodeRow(row));
}

/** The job that a row answers, without the row's own columns. */
export function jobOfRow(row: Row): Job {
  const { level, param, worker, lane, nonce, model, profile, items, unitPrice, ceiling, settleBy, h } = row;
  return { level, param, worker, lane, nonce, model, profile, items, unitPrice, ceiling, settleBy, h };
}

function put32(bytes: Uint8Array, offset: number, value: Uint8Array, field: string): void {
  if (value.length !== 32) throw new EncodeError(`${field}: 32 bytes`, `${value.length}`);
  bytes.set(value, offset);
}

function number(value: number, max: number, field: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new EncodeError(`${field}: an integer in 0..${max}`, String(value));
}

function u64(value: bigint, field: string): bigint {
  if (value >= 0n && value <= U64_MAX) return value;
  throw new EncodeError(`${field}: an integer in 0..2^64-1`, String(value));
}
