import { hashLeaf, hashLeafOf, merkleRootOfHashes } from "@lamina/merkle";
import { ByteWriter, DecodeError, type Digest, EncodeError } from "@lamina/primitives";
import { taggedHash } from "./hash.ts";

/** Element types, with ONNX's numbers. Source: docs/spec/commitments.md. */
export const ElementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

const ELEMENT_BYTES = new Map<number, number>([
  [1, 4],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [6, 4],
  [7, 8],
  [9, 1],
  [10, 2],
  [11, 8],
  [12, 4],
  [13, 8],
]);

export const RANK_MAX = 8;
export const DIMENSION_MAX = 2 ** 31 - 1;
export const LEAF_BYTES = 1024;

/** Elements little-endian in row-major order; no dimensions is one element. */
export interface Tensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** Bytes of one element, undefined for a number that is no element type. */
export function elementBytes(type: number): number | undefined {
  return ELEMENT_BYTES.get(type);
}

export function isElementType(type: number): type is ElementType {
  return ELEMENT_BYTES.has(type);
}

/** Why `tensor` is none, or undefined: unknown type, rank, a dimension, the byte length, a bool that is neither 0 nor 1. */
export function tensorProblem(tensor: Tensor): { expected: string; found: string } | undefined {
  const size = elementBytes(tensor.type);
  if (size === undefined) return { expected: "an element type of docs/spec/commitments.md", found: `${tensor.type}` };
  if (tensor.dims.length > RANK_MAX) return { expected: `a rank of at most ${RANK_MAX}`, found: `${tensor.dims.length}` };
  // Exact up to 2^53 and far above any data beyond it, so that a wrong product cannot pass for a right one.
  let bytes = size;
  for (const dim of tensor.dims) {
    if (!isDimension(dim)) return { expected: `dimensions of 1..${DIMENSION_MAX}`, found: `${dim}` };
    bytes *= dim;
  }
  if (bytes !== tensor.data.length) return { expected: `${bytes} bytes of data`, found: `${tensor.data.length}` };
  const notBool = tensor.type === ElementType.bool ? tensor.data.find((byte) => byte > 1) : undefined;
  return notBool === undefined ? undefined : { expected: "bools of 0 or 1", found: `${notBool}` };
}

export function isDimension(dim: number): boolean {
  return Number.isInteger(dim) && dim >= 1 && dim <= DIMENSION_MAX;
}

/** Payloads of a tensor's leaves, in order: each row (last axis) cut into pieces of 1,024 bytes, the last one shorter. Views, no copies. */
export function* tensorLeaves(tensor: Tensor): Generator<Uint8Array> {
  const rowBytes = bytesPerRow(tensor);
  for (let row = 0; row < tensor.data.length; row += rowBytes) {
    for (let start = 0; start < rowBytes; start += LEAF_BYTES) {
      yield tensor.data.subarray(row + start, row + Math.min(start + LEAF_BYTES, rowBytes));
    }
  }
}

/** How many leaves `tensorLeaves` gives. */
export function tensorLeafCount(tensor: Tensor): number {
  const rowBytes = bytesPerRow(tensor);
  return (tensor.data.length / rowBytes) * Math.ceil(rowBytes / LEAF_BYTES);
}

/** Gives the 16-byte salt of leaf `leaf` (from 0). */
export type LeafSalt = (leaf: number) => Uint8Array;

/** The commitment of one tensor: of a model where no salt is given, of a job with one. Throws `EncodeError` for what is no tensor. */
export function tensorCommitment(tensor: Tensor, salt?: LeafSalt): Digest {
  const problem = tensorProblem(tensor);
  if (problem !== undefined) throw new EncodeError(problem.expected, problem.found);
  const header = new ByteWriter().u8(tensor.type).u8(tensor.dims.length);
  for (const dim of tensor.dims) header.u32(dim);
  header.u8(salt === undefined ? 0 : 1).u64(BigInt(tensorLeafCount(tensor)));
  return taggedHash("lamina/tensor/1", header.fixed(merkleRootOfHashes(leafHashes(tensor, salt)), 32).finish());
}

function* leafHashes(tensor: Tensor, salt: LeafSalt | undefined): Generator<Digest> {
  let leaf = 0;
  for (const payload of tensorLeaves(tensor)) {
    yield salt === undefined ? hashLeaf(payload) : hashLeafOf(salt(leaf), payload);
    leaf += 1;
  }
}

/** Leaf data of a job tensor: `salt (16 bytes) ‖ payload`. */
export function saltedLeaf(salt: Uint8Array, payload: Uint8Array): Uint8Array {
  const data = new Uint8Array(16 + payload.length);
  data.set(salt);
  data.set(payload, 16);
  return data;
}

function bytesPerRow(tensor: Tensor): number {
  const size = elementBytes(tensor.type);
  if (size === undefined) throw new DecodeError("unexpected-value", 0, "an element type", `${tensor.type}`);
  return size * (tensor.dims.at(-1) ?? 1);
}
