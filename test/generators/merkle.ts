import { emptyRoot, hashLeaf, hashNode, MerkleTree, verifyConsistency, verifyInclusion } from "@lamina/merkle";
import { flipBit, hex, seededBytes, seededNumber } from "./seeded.ts";

const sizes = [1, 2, 3, 5, 7, 8, 13, 33, 100];

function leavesOf(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, index) => seededBytes(seededNumber(48, "length", index), "leaf", index));
}

/** Logs of many sizes: leaves in, size, peaks (largest first) and root out. */
export function logVectors(): unknown[] {
  return [0, ...sizes].map((size) => {
    const tree = MerkleTree.fromLeaves(leavesOf(size));
    const expected = { size: `${size}`, peaks: tree.peaks().map(hex), root: hex(tree.root()) };
    return { name: `log of ${size} leaves`, input: { leaves: leavesOf(size).map(hex) }, expected };
  });
}

interface InclusionCase {
  root: Uint8Array;
  leaf: Uint8Array;
  treeSize: number;
  index: number;
  siblings: Uint8Array[];
}

/** Inclusion proofs that hold, and each kind of proof that must not. */
export function inclusionVectors(): unknown[] {
  return sizes.flatMap((treeSize) => {
    const indexes = new Set([0, Math.floor(treeSize / 2), treeSize - 1, seededNumber(treeSize, "index", treeSize)]);
    return [...indexes].flatMap((index) => inclusionCases(treeSize, index));
  });
}

function inclusionCases(treeSize: number, index: number): unknown[] {
  const leaves = leavesOf(treeSize);
  const tree = MerkleTree.fromLeaves(leaves);
  const valid: InclusionCase = {
    root: tree.root(),
    leaf: leaves[index] ?? new Uint8Array(),
    treeSize,
    index,
    siblings: [...tree.proveInclusion(index).siblings],
  };
  const { siblings } = valid;
  const pick = seededNumber(Math.max(1, siblings.length), "sibling", treeSize, index);
  const extra = seededBytes(32, "extra", treeSize, index);
  const cases: [string, InclusionCase][] = [
    ["holds", valid],
    ["another leaf", { ...valid, leaf: Uint8Array.of(...valid.leaf, 0) }],
    ["flipped root", { ...valid, root: flipBit(valid.root, seededNumber(256, "root", treeSize, index)) }],
    ["next index", { ...valid, index: index + 1 }],
    ["index of the tree size", { ...valid, index: treeSize }],
    ["tree of no leaves", { ...valid, treeSize: 0 }],
    ["twice the tree size", { ...valid, treeSize: treeSize * 2 }],
    ["extra sibling at the root", { ...valid, siblings: [...siblings, extra] }],
    ["extra sibling at the leaf", { ...valid, siblings: [extra, ...siblings] }],
    ["last node paired with itself", { ...valid, siblings: [...siblings, valid.root], root: hashNode(valid.root, valid.root) }],
    ["leaf hash as a leaf", { ...valid, leaf: hashLeaf(valid.leaf) }],
  ];
  if (siblings.length > 0) {
    const flipped = siblings.map((sibling, at) => (at === pick ? flipBit(sibling, seededNumber(256, "bit", treeSize, index)) : sibling));
    cases.push(
      ["flipped sibling", { ...valid, siblings: flipped }],
      ["short sibling", { ...valid, siblings: siblings.map((sibling, at) => (at === pick ? sibling.subarray(0, 31) : sibling)) }],
      ["missing sibling at the leaf", { ...valid, siblings: siblings.slice(1) }],
      ["missing sibling at the root", { ...valid, siblings: siblings.slice(0, -1) }],
    );
  }
  if (siblings.length > 1) cases.push(["siblings in reverse", { ...valid, siblings: siblings.toReversed() }]);
  return cases.map(([name, value]) => describeInclusion(`${treeSize} leaves, index ${index}: ${name}`, value, name === "holds"));
}

function describeInclusion(name: string, value: InclusionCase, expected: boolean): unknown {
  const { root, leaf, treeSize, index, siblings } = value;
  if (verifyInclusion(root, leaf, treeSize, { index, siblings }) !== expected) throw new Error(`${name}: expected ${expected}`);
  return { name, input: { root: hex(root), leaf: hex(leaf), treeSize: `${treeSize}`, index: `${index}`, siblings: siblings.map(hex) }, expected };
}

interface ConsistencyCase {
  oldSize: number;
  newSize: number;
  oldRoot: Uint8Array;
  newRoot: Uint8Array;
  proof: Uint8Array[];
}

/** Consistency proofs between sizes of one log, and each kind of proof that must not hold. */
export function consistencyVectors(): unknown[] {
  const tree = MerkleTree.fromLeaves(leavesOf(100));
  const pairs = [
    [0, 0],
    [0, 1],
    [0, 7],
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 3],
    [2, 4],
    [3, 4],
    [3, 7],
    [4, 7],
    [4, 8],
    [5, 8],
    [6, 7],
    [6, 8],
    [7, 8],
    [7, 7],
    [8, 9],
    [11, 33],
    [16, 33],
    [31, 32],
    [32, 100],
    [33, 100],
    [64, 100],
    [99, 100],
  ];
  return pairs.flatMap(([oldSize = 0, newSize = 0]) => consistencyCases(tree, oldSize, newSize));
}

function consistencyCases(tree: MerkleTree, oldSize: number, newSize: number): unknown[] {
  const valid: ConsistencyCase = {
    oldSize,
    newSize,
    oldRoot: tree.root(oldSize),
    newRoot: tree.root(newSize),
    proof: tree.proveConsistency(oldSize, newSize),
  };
  const { proof } = valid;
  const bit = seededNumber(256, "consistency", oldSize, newSize);
  const cases: [string, ConsistencyCase][] = [
    ["holds", valid],
    ["extra node", { ...valid, proof: [...proof, emptyRoot()] }],
    ["flipped old root", { ...valid, oldRoot: flipBit(valid.oldRoot, bit) }],
  ];
  if (oldSize > 0)
    cases.push(["flipped new root", { ...valid, newRoot: flipBit(valid.newRoot, bit) }], ["old size of zero", { ...valid, oldSize: 0 }]);
  if (oldSize > 0 && oldSize < newSize)
    cases.push(["sizes exchanged", { ...valid, oldSize: newSize, newSize: oldSize, oldRoot: valid.newRoot, newRoot: valid.oldRoot }]);
  if (oldSize > 0 && oldSize + 1 < newSize) cases.push(["old size one more", { ...valid, oldSize: oldSize + 1 }]);
  if (proof.length > 0) {
    const pick = seededNumber(proof.length, "node", oldSize, newSize);
    cases.push(
      ["flipped node", { ...valid, proof: proof.map((node, at) => (at === pick ? flipBit(node, bit) : node)) }],
      ["long node", { ...valid, proof: proof.map((node, at) => (at === pick ? Uint8Array.of(...node, 0) : node)) }],
      ["missing node", { ...valid, proof: proof.filter((_, at) => at !== pick) }],
      ["no nodes", { ...valid, proof: [] }],
    );
  }
  if (proof.length > 1) cases.push(["nodes in reverse", { ...valid, proof: proof.toReversed() }]);
  return cases.map(([name, value]) => describeConsistency(`${oldSize} to ${newSize}: ${name}`, value, name === "holds"));
}

function describeConsistency(name: string, value: ConsistencyCase, expected: boolean): unknown {
  const { oldSize, newSize, oldRoot, newRoot, proof } = value;
  if (verifyConsistency({ oldSize, newSize, oldRoot, newRoot }, proof) !== expected) throw new Error(`${name}: expected ${expected}`);
  const input = { oldSize: `${oldSize}`, newSize: `${newSize}`, oldRoot: hex(oldRoot), newRoot: hex(newRoot), proof: proof.map(hex) };
  return { name, input, expected };
}
