import type { Digest } from "@lamina/primitives";
import { emptyRoot, hashLeaf, hashNode } from "./hash.ts";
import type { InclusionProof } from "./inclusion.ts";

/**
 * A tree that keeps the root of every perfect subtree, so that it can prove inclusion and consistency at any size it has had.
 * Memory: about two digests a leaf. A proof costs at most log² hashes.
 * Source: docs/spec/commitments.md; RFC 9162 §2.1.3.1 and §2.1.4.1.
 */
export class MerkleTree {
  /** `levels[h][i]`: root of the perfect subtree over leaves i·2^h … (i+1)·2^h − 1. */
  readonly #levels: Digest[][] = [[]];

  /** A tree of leaf hashes (`hashLeaf` of each leaf), in order. */
  static fromHashes(leafHashes: Iterable<Digest>): MerkleTree {
    const tree = new MerkleTree();
    for (const leafHash of leafHashes) tree.appendHash(leafHash);
    return tree;
  }

  /** A tree of leaves given as bytes, in order. */
  static fromLeaves(leaves: Iterable<Uint8Array>): MerkleTree {
    const tree = new MerkleTree();
    for (const leaf of leaves) tree.append(leaf);
    return tree;
  }

  get size(): number {
    return this.#level(0).length;
  }

  append(leaf: Uint8Array): void {
    this.appendHash(hashLeaf(leaf));
  }

  appendHash(leafHash: Digest): void {
    let node = leafHash;
    for (let height = 0; ; height += 1) {
      const level = this.#level(height);
      level.push(node);
      const left = level.at(-2);
      if (level.length % 2 === 1 || left === undefined) return;
      node = hashNode(left, node);
    }
  }

  /** `hashLeaf` of the leaf at `index`. Throws RangeError outside the tree. */
  leafHash(index: number): Digest {
    const hash = this.#level(0)[index];
    if (hash === undefined) throw new RangeError(`index must be below ${this.size}, found ${index}`);
    return hash;
  }

  /** Root of the first `size` leaves, all of them unless said otherwise. */
  root(size: number = this.size): Digest {
    this.#assertSize(size);
    return size === 0 ? emptyRoot() : this.#rangeRoot(0, size);
  }

  /** Peaks of the first `size` leaves, largest first: what `MerkleLog` holds. */
  peaks(size: number = this.size): Digest[] {
    this.#assertSize(size);
    const peaks: Digest[] = [];
    for (let start = 0; start < size; ) {
      const width = largestPowerOfTwoUpTo(size - start);
      peaks.push(this.#rangeRoot(start, start + width));
      start += width;
    }
    return peaks;
  }

  /** Proof that leaf `index` is in the tree of the first `size` leaves. Throws RangeError for an index or size that the tree does not have. */
  proveInclusion(index: number, size: number = this.size): InclusionProof {
    this.#assertSize(size);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`index must be below ${size}, found ${index}`);
    const siblings: Digest[] = [];
    let start = 0;
    let end = size;
    while (end - start > 1) {
      const middle = start + splitWidth(end - start);
      if (index < middle) {
        siblings.push(this.#rangeRoot(middle, end));
        end = middle;
      } else {
        siblings.push(this.#rangeRoot(start, middle));
        start = middle;
      }
    }
    return { index, siblings: siblings.reverse() };
  }

  /** Proof that the tree of the first `oldSize` leaves is a prefix of that of the first `newSize`; empty for an old size of 0 or equal sizes. */
  proveConsistency(oldSize: number, newSize: number = this.size): Digest[] {
    this.#assertSize(newSize);
    if (!Number.isSafeInteger(oldSize) || oldSize < 0 || oldSize > newSize) throw new RangeError(`old size must be 0…${newSize}, found ${oldSize}`);
    const proof: Digest[] = [];
    if (oldSize === 0 || oldSize === newSize) return proof;
    let start = 0;
    let end = newSize;
    while (end !== oldSize) {
      const middle = start + splitWidth(end - start);
      if (oldSize <= middle) {
        proof.push(this.#rangeRoot(middle, end));
        end = middle;
      } else {
        proof.push(this.#rangeRoot(start, middle));
        start = middle;
      }
    }
    // A subtree that starts the tree is the old root itself, which the verifier has; any other has to be shown.
    if (start !== 0) proof.push(this.#rangeRoot(start, end));
    return proof.reverse();
  }

  #rangeRoot(start: number, end: number): Digest {
    const width = end - start;
    const split = splitWidth(width);
    if (split * 2 === width || width === 1) {
      const node = this.#levels[Math.log2(width)]?.[start / width];
      if (node !== undefined) return node;
    }
    return hashNode(this.#rangeRoot(start, start + split), this.#rangeRoot(start + split, end));
  }

  #level(height: number): Digest[] {
    const level = this.#levels[height] ?? [];
    this.#levels[height] = level;
    return level;
  }

  #assertSize(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) throw new RangeError(`size must be 0…${this.size}, found ${size}`);
  }
}

/** Largest power of two smaller than `width` (0 for widths below 2): where RFC 9162 splits a tree. */
function splitWidth(width: number): number {
  return width < 2 ? 0 : largestPowerOfTwoUpTo(width - 1);
}

function largestPowerOfTwoUpTo(value: number): number {
  let power = 1;
  while (power * 2 <= value) power *= 2;
  return power;
}
