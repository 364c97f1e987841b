import type { Digest } from "@lamina/primitives";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  append,
  emptyLog,
  emptyRoot,
  hashLeaf,
  hashNode,
  inclusionProofLength,
  logProblem,
  logRoot,
  MerkleTree,
  merkleRoot,
  merkleRootOfHashes,
  verifyConsistency,
  verifyInclusion,
  verifyInclusionOfHash,
} from "./index.ts";

/** The definition of RFC 9162 §2.1.1, word for word, as the model that everything else is held against. */
function rootByDefinition(leaves: readonly Uint8Array[]): Digest {
  const [only] = leaves;
  if (only === undefined) return emptyRoot();
  if (leaves.length === 1) return hashLeaf(only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hashNode(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)));
}

const leafBytes = fc.uint8Array({ minLength: 0, maxLength: 40 });
const leafLists = fc.array(leafBytes, { minLength: 0, maxLength: 70 });
const distinctLeafLists = fc.uniqueArray(leafBytes, { minLength: 1, maxLength: 70, selector: (leaf) => leaf.join() });
const anyIndex = fc.nat({ max: 69 });

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  const at = Math.floor(bit / 8) % flipped.length;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}

test("stream, log and tree give the root of the definition", () => {
  fc.assert(
    fc.property(leafLists, (leaves) => {
      const expected = rootByDefinition(leaves);
      const log = leaves.reduce(append, emptyLog);
      const tree = MerkleTree.fromLeaves(leaves);
      expect(merkleRoot(leaves)).toEqual(expected);
      expect(merkleRootOfHashes(leaves.map(hashLeaf))).toEqual(expected);
      expect(logRoot(log.peaks)).toEqual(expected);
      expect(tree.root()).toEqual(expected);
      expect(tree.peaks()).toEqual(log.peaks);
      expect(logProblem(log)).toBeUndefined();
    }),
  );
});

test("every leaf is proved at every size the tree has had", () => {
  const leaves = Array.from({ length: 33 }, (_, index) => Uint8Array.of(index));
  const tree = MerkleTree.fromLeaves(leaves);
  for (let size = 1; size <= leaves.length; size += 1) {
    const root = rootByDefinition(leaves.slice(0, size));
    expect(tree.root(size)).toEqual(root);
    leaves.slice(0, size).forEach((leaf, index) => {
      const proof = tree.proveInclusion(index, size);
      expect(proof.siblings).toHaveLength(inclusionProofLength(size, index));
      expect(verifyInclusion(root, leaf, size, proof)).toBe(true);
    });
  }
});

test("a proof holds at no other index", () => {
  fc.assert(
    fc.property(distinctLeafLists, anyIndex, anyIndex, (leaves, from, to) => {
      const index = from % leaves.length;
      const other = to % leaves.length;
      const tree = MerkleTree.fromLeaves(leaves);
      const proof = tree.proveInclusion(index);
      const holds = verifyInclusion(tree.root(), leaves[index] ?? new Uint8Array(), leaves.length, { ...proof, index: other });
      expect(holds).toBe(other === index);
    }),
  );
});

test("a proof holds for no tree size that gives the path another shape", () => {
  const tree = MerkleTree.fromLeaves(Array.from({ length: 7 }, (_, index) => Uint8Array.of(index)));
  const proof = tree.proveInclusion(6);
  const holding = Array.from({ length: 20 }, (_, size) => size).filter((size) => verifyInclusion(tree.root(), Uint8Array.of(6), size, proof));
  // Sizes are bound by what was signed beside the root: index 6 has siblings only on its left in 7 leaves.
  expect(holding).toEqual([7]);
});

test("a flipped bit, a missing sibling or one too many breaks a proof", () => {
  fc.assert(
    fc.property(distinctLeafLists, anyIndex, fc.nat(), (leaves, at, bit) => {
      const tree = MerkleTree.fromLeaves(leaves);
      const index = at % leaves.length;
      const leafHash = hashLeaf(leaves[index] ?? new Uint8Array());
      const { siblings } = tree.proveInclusion(index);
      const root = tree.root();
      const holds = (changed: readonly Uint8Array[], hash: Uint8Array = leafHash) =>
        verifyInclusionOfHash(root, hash, leaves.length, { index, siblings: changed });
      expect(holds(siblings)).toBe(true);
      expect(holds(siblings, flipBit(leafHash, bit))).toBe(false);
      expect(holds([...siblings, leafHash])).toBe(false);
      if (siblings.length === 0) return;
      const chosen = bit % siblings.length;
      expect(holds(siblings.slice(1))).toBe(false);
      expect(holds(siblings.slice(0, -1))).toBe(false);
      expect(holds(siblings.map((sibling, place) => (place === chosen ? flipBit(sibling, bit) : sibling)))).toBe(false);
    }),
  );
});

test("an inner node does not pass for a leaf", () => {
  const leaves = [Uint8Array.of(1), Uint8Array.of(2)];
  const joined = new Uint8Array([...hashLeaf(Uint8Array.of(1)), ...hashLeaf(Uint8Array.of(2))]);
  expect(merkleRoot([joined])).not.toEqual(merkleRoot(leaves));
});

test("a repeated last leaf changes the root", () => {
  const leaves = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
  expect(merkleRoot([...leaves, Uint8Array.of(3)])).not.toEqual(merkleRoot(leaves));
});

test("consistency holds between all sizes of one log and for no other sizes", () => {
  const tree = MerkleTree.fromLeaves(Array.from({ length: 20 }, (_, index) => Uint8Array.of(index)));
  for (let newSize = 0; newSize <= 20; newSize += 1) {
    for (let oldSize = 0; oldSize <= newSize; oldSize += 1) {
      const claim = { oldSize, newSize, oldRoot: tree.root(oldSize), newRoot: tree.root(newSize) };
      const proof = tree.proveConsistency(oldSize, newSize);
      expect(verifyConsistency(claim, proof)).toBe(true);
      expect(verifyConsistency(claim, [...proof, tree.root(1)])).toBe(false);
      if (oldSize > 0 && oldSize < newSize) expect(verifyConsistency({ ...claim, oldSize: newSize, newSize: oldSize }, proof)).toBe(false);
      proof.forEach((node, place) => {
        const spoilt = proof.map((kept, at) => (at === place ? flipBit(node, newSize) : kept));
        expect(verifyConsistency(claim, spoilt)).toBe(false);
        expect(
          verifyConsistency(
            claim,
            proof.filter((_, at) => at !== place),
          ),
        ).toBe(false);
      });
    }
  }
});

test("a log whose past was rewritten is not consistent", () => {
  fc.assert(
    fc.property(distinctLeafLists, anyIndex, (leaves, at) => {
      const before = MerkleTree.fromLeaves(leaves);
      const changed = leaves.map((leaf, index) => (index === at % leaves.length ? Uint8Array.of(...leaf, 0) : leaf));
      const after = MerkleTree.fromLeaves([...changed, Uint8Array.of(9)]);
      const claim = { oldSize: before.size, newSize: after.size, oldRoot: before.root(), newRoot: after.root() };
      expect(verifyConsistency(claim, after.proveConsistency(before.size))).toBe(false);
    }),
  );
});

test("sizes and indexes that a tree does not have are refused with what was expected", () => {
  const tree = MerkleTree.fromLeaves([Uint8Array.of(1), Uint8Array.of(2)]);
  expect(() => tree.root(3)).toThrow("size must be 0…2, found 3");
  expect(() => tree.proveInclusion(2)).toThrow("index must be below 2, found 2");
  expect(() => tree.proveConsistency(3)).toThrow("old size must be 0…2, found 3");
  expect(() => append({ size: 2, peaks: [] }, Uint8Array.of(1))).toThrow("a log of 2 leaves has 1 peaks, found 0");
});
