import { bytesEqual, DIGEST_BYTES } from "@lamina/primitives";
import { emptyRoot, hashNode } from "./hash.ts";

/** Two sizes and roots of what claims to be one log at two times. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
}

/**
 * Tells whether the log of `newSize` leaves begins with the very leaves of the log of `oldSize`: nothing was rewritten or removed.
 * Never throws. An old size of 0 holds with an empty proof and the root of no leaves; equal sizes hold with an empty proof and equal roots.
 * Source: docs/spec/commitments.md; RFC 9162 §2.1.4.2.
 */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  const { oldSize, newSize, oldRoot, newRoot } = claim;
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 0 || oldSize > newSize) return false;
  if (oldSize === 0 && !bytesEqual(oldRoot, emptyRoot())) return false;
  if (oldSize === newSize) return proof.length === 0 && bytesEqual(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0;
  if (proof.some((node) => node.length !== DIGEST_BYTES)) return false;
  const roots = climb(oldSize, newSize, isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof);
  return roots !== undefined && bytesEqual(roots.old, oldRoot) && bytesEqual(roots.new, newRoot);
}

function climb(oldSize: number, newSize: number, path: readonly Uint8Array[]): { old: Uint8Array; new: Uint8Array } | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return undefined;
  let position = oldSize - 1;
  let last = newSize - 1;
  while (position % 2 === 1) [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  let oldNode: Uint8Array = first;
  let newNode: Uint8Array = first;
  for (const sibling of rest) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      oldNode = hashNode(sibling, oldNode);
      newNode = hashNode(sibling, newNode);
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else {
      newNode = hashNode(newNode, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 ? { old: oldNode, new: newNode } : undefined;
}

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && rest % 2 === 0) rest /= 2;
  return rest === 1;
}
