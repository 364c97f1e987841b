import { fromHex, toHex } from "@lamina/primitives";
import { loadVectors } from "@lamina/testing";
import { expect, test } from "vitest";
import { append, emptyLog, logRoot, MerkleTree, merkleRoot, verifyConsistency, verifyInclusion } from "./index.ts";

interface LogOutput {
  size: string;
  peaks: string[];
  root: string;
}

test.each(loadVectors<{ leaves: string[] }, LogOutput>("merkle/log"))("$name", ({ input, expected }) => {
  const leaves = input.leaves.map(fromHex);
  const log = leaves.reduce(append, emptyLog);
  expect({ size: `${log.size}`, peaks: log.peaks.map(toHex), root: toHex(logRoot(log.peaks)) }).toEqual(expected);
  expect(toHex(merkleRoot(leaves))).toBe(expected?.root);
  expect(MerkleTree.fromLeaves(leaves).peaks().map(toHex)).toEqual(expected?.peaks);
});

interface InclusionInput {
  root: string;
  leaf: string;
  treeSize: string;
  index: string;
  siblings: string[];
}

test.each(loadVectors<InclusionInput, boolean>("merkle/inclusion"))("$name", ({ input, expected }) => {
  const proof = { index: Number(input.index), siblings: input.siblings.map(fromHex) };
  expect(verifyInclusion(fromHex(input.root), fromHex(input.leaf), Number(input.treeSize), proof)).toBe(expected);
});

interface ConsistencyInput {
  oldSize: string;
  newSize: string;
  oldRoot: string;
  newRoot: string;
  proof: string[];
}

test.each(loadVectors<ConsistencyInput, boolean>("merkle/consistency"))("$name", ({ input, expected }) => {
  const [oldSize, newSize] = [Number(input.oldSize), Number(input.newSize)];
  const claim = { oldSize, newSize, oldRoot: fromHex(input.oldRoot), newRoot: fromHex(input.newRoot) };
  expect(verifyConsistency(claim, input.proof.map(fromHex))).toBe(expected);
});
