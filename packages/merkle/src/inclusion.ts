import { bytesEqual, DIGEST_BYTES, type Digest } from "@lamina/primitives";
import { hashLeaf, hashNode } from "./hash.ts";

/** Where a leaf sits and the subtree roots beside its path. */
export interface InclusionProof {
  /** Position of the leaf, from 0. */
  readonly index: number;
  /** 32 bytes each, from the leaf to the root. */
  readonly siblings: readonly Uint8Array[];
}

/**
 * Tells whether `leaf` sits at `proof.index` under `root` of a tree of `treeSize` leaves. Digests are 32 bytes; siblings run leaf to root.
 * Never throws: a proof that does not hold is an answer. `treeSize` comes from what was signed, never from the prover.
 * Source: docs/spec/commitments.md; RFC 9162 §2.1.3.2.
 */
export function verifyInclusion(root: Uint8Array, leaf: Uint8Array, treeSize: number, proof: InclusionProof): boolean {
  return verifyInclusionOfHash(root, hashLeaf(leaf), treeSize, proof);
}

/** `verifyInclusion` for a leaf whose `hashLeaf` the caller already has. Only safe where the caller hashed the leaf itself (T32). */
export function verifyInclusionOfHash(root: Uint8Array, leafHash: Uint8Array, treeSize: number, proof: InclusionProof): boolean {
  const computed = rootFromInclusion(leafHash, treeSize, proof);
  return computed !== undefined && bytesEqual(computed, root);
}

/**
 * The root that `proof` leads to from `leafHash`, for readers that compute a root and compare it later.
 * Undefined where the proof has no meaning for `treeSize`: index outside the tree, too many or too few siblings, a sibling not 32 bytes.
 */
export function rootFromInclusion(leafHash: Uint8Array, treeSize: number, proof: InclusionProof): Digest | undefined {
  if (!isIndexOf(treeSize, proof.index) || leafHash.length !== DIGEST_BYTES) return undefined;
  let position = proof.index;
  let last = treeSize - 1;
  let node = leafHash as Digest;
  for (const sibling of proof.siblings) {
    if (last === 0 || sibling.length !== DIGEST_BYTES) return undefined;
    const isRightChild = position % 2 === 1 || position === last;
    node = isRightChild ? hashNode(sibling, node) : hashNode(node, sibling);
    // The last node of an uneven level has no sibling there: climb to the level where it does.
    while (isRightChild && position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 ? node : undefined;
}

/** Number of siblings that a proof for `index` in a tree of `treeSize` leaves holds: decoders know the length before they read. */
export function inclusionProofLength(treeSize: number, index: number): number {
  if (!isIndexOf(treeSize, index)) throw new RangeError(`index must be below the tree size ${treeSize}, found ${index}`);
  let length = 0;
  let position = index;
  for (let last = treeSize - 1; last > 0; last = Math.floor(last / 2)) {
    if (position % 2 === 1 || position !== last) length += 1;
    position = Math.floor(position / 2);
  }
  return length;
}

function isIndexOf(treeSize: number, index: number): boolean {
  return Number.isSafeInteger(treeSize) && Number.isSafeInteger(index) && index >= 0 && index < treeSize;
}
