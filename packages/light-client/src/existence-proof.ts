import { bytesEqual, DecodeError } from "@lamina/primitives";
import { ProtobufReader } from "./protobuf-reader.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** cosmos.ics23.v1.LeafOp: how key and value become the lowest hash. */
export interface LeafOperation {
  readonly hash: bigint;
  readonly prehashKey: bigint;
  readonly prehashValue: bigint;
  readonly length: bigint;
  readonly prefix: Uint8Array;
}

/** cosmos.ics23.v1.InnerOp: one level up, hash(prefix ‖ child ‖ suffix). */
export interface InnerOperation {
  readonly hash: bigint;
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
}

/** cosmos.ics23.v1.ExistenceProof. */
export interface ExistenceProof {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly leaf: LeafOperation;
  readonly path: readonly InnerOperation[];
}

const empty = new Uint8Array();

/** Reads a CommitmentProof that holds an existence proof, in its canonical bytes and no others. Throws `DecodeError`. */
export function decodeExistenceProof(commitmentProof: Uint8Array): ExistenceProof {
  const outer = new ProtobufReader(commitmentProof);
  const reader = new ProtobufReader(outer.bytes(1) ?? empty);
  outer.expectEnd();
  const proof = {
    key: reader.bytes(1) ?? empty,
    value: reader.bytes(2) ?? empty,
    leaf: decodeLeaf(reader.bytes(3) ?? empty),
    path: reader.repeated(4).map(decodeInner),
  };
  reader.expectEnd();
  if (!bytesEqual(encodeExistenceProof(proof), commitmentProof))
    throw new DecodeError("unexpected-value", 0, "a CommitmentProof in its canonical bytes", "another spelling");
  return proof;
}

/** The CommitmentProof around `proof`. */
export function encodeExistenceProof(proof: ExistenceProof): Uint8Array {
  const writer = new ProtobufWriter().bytes(1, proof.key).bytes(2, proof.value).message(3, encodeLeaf(proof.leaf));
  for (const inner of proof.path)
    writer.message(4, new ProtobufWriter().varint(1, inner.hash).bytes(2, inner.prefix).bytes(3, inner.suffix).finish());
  return new ProtobufWriter().message(1, writer.finish()).finish();
}

function encodeLeaf(leaf: LeafOperation): Uint8Array {
  const { hash, prehashKey, prehashValue, length, prefix } = leaf;
  return new ProtobufWriter().varint(1, hash).varint(2, prehashKey).varint(3, prehashValue).varint(4, length).bytes(5, prefix).finish();
}

function decodeLeaf(bytes: Uint8Array): LeafOperation {
  const reader = new ProtobufReader(bytes);
  const leaf = {
    hash: reader.varint(1),
    prehashKey: reader.varint(2),
    prehashValue: reader.varint(3),
    length: reader.varint(4),
    prefix: reader.bytes(5) ?? empty,
  };
  reader.expectEnd();
  return leaf;
}

function decodeInner(bytes: Uint8Array): InnerOperation {
  const reader = new ProtobufReader(bytes);
  const inner = { hash: reader.varint(1), prefix: reader.bytes(2) ?? empty, suffix: reader.bytes(3) ?? empty };
  reader.expectEnd();
  return inner;
}
