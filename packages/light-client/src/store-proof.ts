import { ByteReader, bytesEqual, concatBytes, DecodeError, encodeUtf8, toHex } from "@lamina/primitives";
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeExistenceProof, type ExistenceProof, type InnerOperation, type LeafOperation } from "./existence-proof.ts";
import { ProtobufReader } from "./protobuf-reader.ts";
import { encodeVarint, ProtobufWriter } from "./protobuf-writer.ts";

/** What a store of the chain is said to hold. */
export interface StoreClaim {
  readonly appHash: Uint8Array;
  /** Name of the module's store, such as `rollup`. */
  readonly store: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

// Codes of cosmos.ics23.v1.HashOp and LengthOp.
const noHash = 0n;
const sha256Hash = 1n;
const varProtoLength = 1n;
const hashBytes = 32;

/**
 * Tells why `proof` does not show that the store holds the value, or undefined where it does. The proof is the two operations that a node answers
 * `abci_query` with: the key in its IAVL tree, and that tree's root among the stores under the app hash of the *next* block's header.
 * Source: docs/spec/receipt.md; ICS 23 with the specifications IavlSpec and TendermintSpec, whose hash functions and shapes are fixed here.
 */
export function storeProofProblem(claim: StoreClaim, proof: Uint8Array): string | undefined {
  let inTree: ExistenceProof;
  let inStores: ExistenceProof;
  try {
    [inTree, inStores] = decodeStoreProof(proof);
  } catch (error) {
    if (error instanceof DecodeError) return `the store proof does not decode: ${error.message}`;
    throw error;
  }
  if (!bytesEqual(inTree.key, claim.key)) return `the store proof is of key ${toHex(inTree.key)}, expected ${toHex(claim.key)}`;
  if (!bytesEqual(inTree.value, claim.value))
    return `the store holds ${toHex(inTree.value)} under key ${toHex(claim.key)}, expected ${toHex(claim.value)}`;
  if (!isIavlLeaf(inTree.leaf) || !inTree.path.every(isIavlInner)) return "the store proof's first operation is not of an IAVL tree";
  if (!bytesEqual(inStores.key, encodeUtf8(claim.store))) return `the store proof is of another store than ${claim.store}`;
  if (!isSimpleLeaf(inStores.leaf) || !inStores.path.every(isSimpleInner)) return "the store proof's second operation is not of a simple tree";
  const root = rootOf(inTree);
  if (!bytesEqual(root, inStores.value)) return `the store's root is ${toHex(inStores.value)}, the key leads to ${toHex(root)}`;
  const appHash = rootOf(inStores);
  return bytesEqual(appHash, claim.appHash) ? undefined : `the app hash is ${toHex(claim.appHash)}, the store leads to ${toHex(appHash)}`;
}

/** Joins the `data` of the two operations of an `abci_query` proof, in the node's order. Throws `DecodeError` where they are not existence proofs. */
export function encodeStoreProof(operations: readonly Uint8Array[]): Uint8Array {
  const writer = new ProtobufWriter();
  for (const operation of operations) writer.message(1, operation);
  const encoded = writer.finish();
  decodeStoreProof(encoded);
  return encoded;
}

function decodeStoreProof(proof: Uint8Array): [ExistenceProof, ExistenceProof] {
  const reader = new ProtobufReader(proof);
  const operations = reader.repeated(1);
  reader.expectEnd();
  const [first, second] = operations;
  if (first === undefined || second === undefined || operations.length !== 2)
    throw new DecodeError("unexpected-value", 0, "two operations", `${operations.length}`);
  return [decodeExistenceProof(first), decodeExistenceProof(second)];
}

function rootOf(proof: ExistenceProof): Uint8Array {
  const valueHash = sha256(proof.value);
  const leaf = sha256(concatBytes(proof.leaf.prefix, encodeVarint(BigInt(proof.key.length)), proof.key, encodeVarint(BigInt(hashBytes)), valueHash));
  return proof.path.reduce((child, { prefix, suffix }) => sha256(concatBytes(prefix, child, suffix)), leaf);
}

function hasLeafOperations(leaf: LeafOperation): boolean {
  return leaf.hash === sha256Hash && leaf.prehashKey === noHash && leaf.prehashValue === sha256Hash && leaf.length === varProtoLength;
}

/** Height 0, size 1 and a version stand before an IAVL leaf. */
function isIavlLeaf(leaf: LeafOperation): boolean {
  const numbers = iavlNumbers(leaf.prefix);
  return hasLeafOperations(leaf) && numbers !== undefined && numbers.height === 0n && numbers.size === 1n && numbers.rest.length === 0;
}

/** Height (1 or more: never a leaf's), size, version, then both children behind their length, one of them ours. */
function isIavlInner(inner: InnerOperation): boolean {
  const numbers = iavlNumbers(inner.prefix);
  if (inner.hash !== sha256Hash || numbers === undefined || numbers.height < 1n || numbers.size < 2n) return false;
  const { rest } = numbers;
  if (rest.length === 1) return rest[0] === hashBytes && inner.suffix.length === 1 + hashBytes && inner.suffix[0] === hashBytes;
  return rest.length === hashBytes + 2 && rest[0] === hashBytes && rest[hashBytes + 1] === hashBytes && inner.suffix.length === 0;
}

function iavlNumbers(prefix: Uint8Array): { height: bigint; size: bigint; rest: Uint8Array } | undefined {
  const reader = new ByteReader(prefix);
  try {
    const [height, size, version] = [reader.zigzag(), reader.zigzag(), reader.zigzag()];
    return version < 0n ? undefined : { height, size, rest: reader.rest() };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function isSimpleLeaf(leaf: LeafOperation): boolean {
  return hasLeafOperations(leaf) && leaf.prefix.length === 1 && leaf.prefix[0] === 0;
}

function isSimpleInner(inner: InnerOperation): boolean {
  if (inner.hash !== sha256Hash || inner.prefix[0] !== 1) return false;
  const { length } = inner.prefix;
  return length === 1 ? inner.suffix.length === hashBytes : length === 1 + hashBytes && inner.suffix.length === 0;
}
