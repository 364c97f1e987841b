import { compareBytes, concatBytes, encodeUtf8 } from "@lamina/primitives";
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeExistenceProof, type InnerOperation, type LeafOperation } from "../existence-proof.ts";
import { encodeVarint } from "../protobuf-writer.ts";
import { encodeStoreProof } from "../store-proof.ts";

/** One key of a store. */
export interface StoreEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The state of a chain with one store of several keys among other stores, shaped as IAVL and the multistore shape them. */
export interface BuiltStores {
  readonly appHash: Uint8Array;
  prove(key: Uint8Array): Uint8Array;
}

interface Subtree {
  readonly hash: Uint8Array;
  readonly height: number;
  readonly size: number;
  /** Operations from each leaf to this subtree's root, in order of keys. */
  readonly paths: readonly (readonly InnerOperation[])[];
}

const lengthByte = Uint8Array.of(32);
const version = zigzag(7);

export function buildStores(store: string, entries: readonly StoreEntry[]): BuiltStores {
  const sorted = [...entries].sort((left, right) => compareBytes(left.key, right.key));
  const iavlLeaf = leafOperation(concatBytes(zigzag(0), zigzag(1), version));
  const tree = join(
    sorted.map((entry) => leaf(iavlLeaf, entry)),
    iavlInner,
  );
  const stores = ["acc", "bank", store]
    .sort()
    .map((name) => ({ key: encodeUtf8(name), value: name === store ? tree.hash : sha256(encodeUtf8(name)) }));
  const simpleLeaf = leafOperation(Uint8Array.of(0));
  const multistore = join(
    stores.map((entry) => leaf(simpleLeaf, entry)),
    simpleInner,
  );
  const place = stores.findIndex(({ key }) => compareBytes(key, encodeUtf8(store)) === 0);
  const prove = (key: Uint8Array): Uint8Array => {
    const at = sorted.findIndex((entry) => compareBytes(entry.key, key) === 0);
    const inTree = { ...entryAt(sorted, at), leaf: iavlLeaf, path: pathAt(tree, at) };
    const inStores = { ...entryAt(stores, place), leaf: simpleLeaf, path: pathAt(multistore, place) };
    return encodeStoreProof([encodeExistenceProof(inTree), encodeExistenceProof(inStores)]);
  };
  return { appHash: multistore.hash, prove };
}

function leafOperation(prefix: Uint8Array): LeafOperation {
  return { hash: 1n, prehashKey: 0n, prehashValue: 1n, length: 1n, prefix };
}

function leaf(operation: LeafOperation, { key, value }: StoreEntry): Subtree {
  const hash = sha256(concatBytes(operation.prefix, encodeVarint(BigInt(key.length)), key, lengthByte, sha256(value)));
  return { hash, height: 0, size: 1, paths: [[]] };
}

/** Splits at the largest power of two below the count, as the multistore's tree does; an IAVL tree may have any balance. */
function join(leaves: readonly Subtree[], inner: (left: Subtree, right: Subtree) => { toLeft: InnerOperation; toRight: InnerOperation }): Subtree {
  const [only] = leaves;
  if (only === undefined) throw new RangeError("a tree has at least one leaf");
  if (leaves.length === 1) return only;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  const [left, right] = [join(leaves.slice(0, split), inner), join(leaves.slice(split), inner)];
  const { toLeft, toRight } = inner(left, right);
  const hash = sha256(concatBytes(toLeft.prefix, left.hash, toLeft.suffix));
  const paths = [...left.paths.map((path) => [...path, toLeft]), ...right.paths.map((path) => [...path, toRight])];
  return { hash, height: Math.max(left.height, right.height) + 1, size: left.size + right.size, paths };
}

function iavlInner(left: Subtree, right: Subtree): { toLeft: InnerOperation; toRight: InnerOperation } {
  const numbers = concatBytes(zigzag(Math.max(left.height, right.height) + 1), zigzag(left.size + right.size), version, lengthByte);
  return {
    toLeft: { hash: 1n, prefix: numbers, suffix: concatBytes(lengthByte, right.hash) },
    toRight: { hash: 1n, prefix: concatBytes(numbers, left.hash, lengthByte), suffix: new Uint8Array() },
  };
}

function simpleInner(left: Subtree, right: Subtree): { toLeft: InnerOperation; toRight: InnerOperation } {
  const prefix = Uint8Array.of(1);
  return {
    toLeft: { hash: 1n, prefix, suffix: right.hash },
    toRight: { hash: 1n, prefix: concatBytes(prefix, left.hash), suffix: new Uint8Array() },
  };
}

function zigzag(value: number): Uint8Array {
  return encodeVarint(BigInt(value) * 2n);
}

function entryAt(entries: readonly StoreEntry[], at: number): StoreEntry {
  const entry = entries[at];
  if (entry === undefined) throw new RangeError("the store does not hold this key");
  return entry;
}

function pathAt(tree: Subtree, at: number): readonly InnerOperation[] {
  return tree.paths[at] ?? [];
}
