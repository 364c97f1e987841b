import { hashNode, type InclusionProof, logRoot, type MerkleLog } from "@lamina/merkle";
import type { Digest } from "@lamina/primitives";

interface Subtree {
  readonly size: number;
  readonly hash: Digest;
  readonly holdsTarget: boolean;
}

export interface AppendedLeaf {
  readonly log: MerkleLog;
  readonly inclusion: InclusionProof;
}

/**
 * The log after `appended` (leaf hashes) came to `before`, and the proof that `appended[position]` is in it. Of the log before, its peaks are enough: what
 * stands beside a new leaf's path is either new as well or a whole old subtree. Source: docs/spec/commitments.md, *Trees*; RFC 9162 §2.1.3.
 */
export function proveAppended(before: MerkleLog, appended: readonly Digest[], position: number): AppendedLeaf {
  if (position < 0 || position >= appended.length) throw new RangeError(`position must be below ${appended.length}, found ${position}`);
  const subtrees = subtreesOf(before);
  const siblings: Digest[] = [];
  appended.forEach((hash, at) => {
    let node: Subtree = { size: 1, hash, holdsTarget: at === position };
    for (let left = subtrees.at(-1); left?.size === node.size; left = subtrees.at(-1)) {
      subtrees.pop();
      if (left.holdsTarget) siblings.push(node.hash);
      else if (node.holdsTarget) siblings.push(left.hash);
      node = { size: 2 * node.size, hash: hashNode(left.hash, node.hash), holdsTarget: left.holdsTarget || node.holdsTarget };
    }
    subtrees.push(node);
  });
  const peaks = subtrees.map(({ hash }) => hash);
  const own = subtrees.findIndex(({ holdsTarget }) => holdsTarget);
  // Above the peaks the root folds from the right: all that is right of ours is one node, all that is left of it hangs higher, one by one.
  if (own < peaks.length - 1) siblings.push(logRoot(peaks.slice(own + 1)));
  siblings.push(...peaks.slice(0, own).reverse());
  return { log: { size: before.size + appended.length, peaks }, inclusion: { index: before.size + position, siblings } };
}

/** The perfect subtrees that a log's peaks are the roots of, largest first. */
function subtreesOf({ size, peaks }: MerkleLog): Subtree[] {
  const sizes: number[] = [];
  for (let rest = size, power = 1; rest > 0; rest = Math.floor(rest / 2), power *= 2) if (rest % 2 === 1) sizes.unshift(power);
  return peaks.map((hash, at) => ({ size: sizes[at] ?? 0, hash, holdsTarget: false }));
}
