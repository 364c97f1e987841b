import { emptyLog, hashLeaf, MerkleTree, verifyInclusionOfHash } from "@lamina/merkle";
import type { Digest } from "@lamina/primitives";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { proveAppended } from "./prove-appended.ts";

const leaves = (count: number): Digest[] => Array.from({ length: count }, (_, at) => hashLeaf(Uint8Array.of(at & 255, at >> 8)));

test("peaks and the leaves since are enough for the proof that a whole tree gives", () => {
  const shape = fc
    .tuple(fc.nat(200), fc.integer({ min: 1, max: 40 }))
    .chain(([before, count]) => fc.tuple(fc.constant(before), fc.constant(count), fc.nat(count - 1)));
  fc.assert(
    fc.property(shape, ([before, count, position]) => {
      const all = leaves(before + count);
      const tree = MerkleTree.fromHashes(all);
      const log = before === 0 ? emptyLog : { size: before, peaks: tree.peaks(before) };
      const { log: after, inclusion } = proveAppended(log, all.slice(before), position);
      expect(after).toEqual({ size: before + count, peaks: tree.peaks() });
      expect(inclusion).toEqual(tree.proveInclusion(before + position));
      expect(verifyInclusionOfHash(tree.root(), all[before + position] as Digest, before + count, inclusion)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a leaf that was not appended has no proof", () => {
  expect(() => proveAppended(emptyLog, leaves(2), 2)).toThrow("position must be below 2, found 2");
});
