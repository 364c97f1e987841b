import { concatBytes, fromHex } from "@lamina/primitives";
import { loadVectors } from "@lamina/testing";
import { expect, test } from "vitest";
import { decodeExistenceProof, type ExistenceProof, encodeExistenceProof } from "./existence-proof.ts";
import { encodeStoreProof, type StoreClaim, storeProofProblem } from "./store-proof.ts";

interface StoreInput {
  appHash: string;
  store: string;
  key: string;
  value: string;
  operations: string[];
}

const vectors = loadVectors<StoreInput, boolean>("light-client/store-proofs");

function claimOf(input: StoreInput): StoreClaim {
  return { appHash: fromHex(input.appHash), store: input.store, key: fromHex(input.key), value: fromHex(input.value) };
}

function largest(): { claim: StoreClaim; operations: Uint8Array[] } {
  const input = vectors.find(({ name }) => name === "50 entries, 5 stores, entry 25")?.input;
  if (input === undefined) throw new Error("the vectors hold a store of 50 entries");
  return { claim: claimOf(input), operations: input.operations.map(fromHex) };
}

test.each(vectors)("a node's own proof holds: $name", ({ input }) => {
  expect(storeProofProblem(claimOf(input), encodeStoreProof(input.operations.map(fromHex)))).toBeUndefined();
});

test("no flipped bit of claim or proof is accepted", () => {
  const { claim, operations } = largest();
  const proof = encodeStoreProof(operations);
  const flip = (bytes: Uint8Array, bit: number) => bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
  for (let bit = 0; bit < proof.length * 8; bit += 1)
    expect({ bit, problem: storeProofProblem(claim, flip(proof, bit)) }).not.toEqual({ bit, problem: undefined });
  for (const field of ["appHash", "key", "value"] as const) {
    expect(storeProofProblem({ ...claim, [field]: flip(claim[field], 3) }, proof)).toBeDefined();
  }
  expect(storeProofProblem({ ...claim, store: "bank" }, proof)).toContain("another store than bank");
});

test("other spellings of a true proof are refused", () => {
  const { claim, operations } = largest();
  const proof = encodeStoreProof(operations);
  const unknownField = concatBytes(proof, Uint8Array.of(0x12, 0x00));
  expect(storeProofProblem(claim, unknownField)).toContain("no further field");
  const [first, second] = operations;
  if (first === undefined || second === undefined) throw new Error("a store proof has two operations");
  expect(storeProofProblem(claim, concatBytes(proof.subarray(0, 0)))).toContain("two operations");
  expect(() => encodeStoreProof([first])).toThrow("expected two operations, found 1");
  expect(() => encodeStoreProof([first, second, second])).toThrow("found 3");
  // A zero written out: prehash_key = 0 is left out by the canonical writer.
  const padded = Uint8Array.from([...first.subarray(0, 1), ...first.subarray(1), 0x22, 0x00]);
  expect(() => encodeStoreProof([padded, second])).toThrow();
});

test("operations with other hashes or shapes are refused although they lead to the root", () => {
  const { claim, operations } = largest();
  const [tree, stores] = operations.map(decodeExistenceProof);
  if (tree === undefined || stores === undefined) throw new Error("a store proof has two operations");
  const problemOf = (inTree: ExistenceProof, inStores: ExistenceProof) =>
    storeProofProblem(claim, encodeStoreProof([encodeExistenceProof(inTree), encodeExistenceProof(inStores)]));
  expect(problemOf(tree, stores)).toBeUndefined();
  const iavl = "the store proof's first operation is not of an IAVL tree";
  const simple = "the store proof's second operation is not of a simple tree";
  expect(problemOf({ ...tree, leaf: { ...tree.leaf, prehashKey: 1n } }, stores)).toBe(iavl);
  expect(problemOf({ ...tree, leaf: { ...tree.leaf, length: 0n } }, stores)).toBe(iavl);
  expect(problemOf({ ...tree, leaf: { ...tree.leaf, prefix: fromHex("020202") } }, stores)).toBe(iavl);
  expect(problemOf({ ...tree, path: tree.path.map((inner) => ({ ...inner, hash: 2n })) }, stores)).toBe(iavl);
  // The boundary between prefix and suffix moved by one byte: the bytes hashed change place, not value.
  const [lowest, ...higher] = tree.path;
  if (lowest === undefined) throw new Error("a tree of 50 entries has a path");
  const moved = { ...lowest, prefix: concatBytes(lowest.prefix, Uint8Array.of(0)) };
  expect(problemOf({ ...tree, path: [moved, ...higher] }, stores)).toBe(iavl);
  // Height 0 and size 1 are a leaf's: an inner operation that begins so could be one in disguise.
  const asLeaf = { ...lowest, prefix: concatBytes(fromHex("0002"), lowest.prefix.subarray(2)) };
  expect(problemOf({ ...tree, path: [asLeaf, ...higher] }, stores)).toBe(iavl);
  expect(problemOf(tree, { ...stores, leaf: { ...stores.leaf, prefix: fromHex("0000") } })).toBe(simple);
  expect(problemOf(tree, { ...stores, path: stores.path.map((inner) => ({ ...inner, suffix: new Uint8Array() })) })).toBe(simple);
});
