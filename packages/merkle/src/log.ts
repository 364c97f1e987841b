import { DIGEST_BYTES, type Digest } from "@lamina/primitives";
import { emptyRoot, hashLeaf, hashNode } from "./hash.ts";

/**
 * An append-only log of which only the peaks are kept: the roots of the perfect subtrees that its leaves split into, largest (leftmost) first.
 * There are as many peaks as `size` has one bits, so a log of any length is at most 53 digests.
 * Source: docs/spec/commitments.md; RFC 9162 §2.1.1 (the split at the largest power of two below the size gives exactly these subtrees).
 */
export interface MerkleLog {
  /** Number of leaves appended so far. */
  readonly size: number;
  readonly peaks: readonly Digest[];
}

/** The log before its first leaf. */
export const emptyLog: MerkleLog = Object.freeze({ size: 0, peaks: Object.freeze([]) });

/** The log with `leaf` appended as bytes. */
export function append(log: MerkleLog, leaf: Uint8Array): MerkleLog {
  return appendHash(log, hashLeaf(leaf));
}

/** The log with one leaf appended whose `hashLeaf` the caller already has. */
export function appendHash(log: MerkleLog, leafHash: Digest): MerkleLog {
  assertLog(log);
  const peaks = [...log.peaks];
  let node = leafHash;
  // Every trailing one bit of the old size is a perfect subtree of the same height as the node being carried: they merge.
  for (let rest = log.size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = hashNode(takeLast(peaks), node);
  peaks.push(node);
  return { size: log.size + 1, peaks };
}

/** RFC 9162 root of the leaves that `peaks` stand for: they are folded from the right, since the smallest subtree hangs deepest. */
export function logRoot(peaks: readonly Digest[]): Digest {
  const last = peaks.at(-1);
  if (last === undefined) return emptyRoot();
  return peaks.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last);
}

/** RFC 9162 root of `leaves`, read once and in order; memory holds the peaks alone. */
export function merkleRoot(leaves: Iterable<Uint8Array>): Digest {
  return rootOf(leaves, hashLeaf);
}

/** The same of leaves whose `hashLeaf` the caller already has. */
export function merkleRootOfHashes(leafHashes: Iterable<Digest>): Digest {
  return rootOf(leafHashes, (leafHash) => leafHash);
}

function rootOf<Leaf>(leaves: Iterable<Leaf>, hashOf: (leaf: Leaf) => Digest): Digest {
  const peaks: Digest[] = [];
  let size = 0;
  for (const leaf of leaves) {
    let node = hashOf(leaf);
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = hashNode(takeLast(peaks), node);
    peaks.push(node);
    size += 1;
  }
  return logRoot(peaks);
}

/** Number of peaks of a log of `size` leaves: the one bits of `size`. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Tells what keeps `log` from being a log: a size no integer, a wrong number of peaks, a peak not 32 bytes; undefined when nothing does. */
export function logProblem(log: MerkleLog): string | undefined {
  if (!Number.isSafeInteger(log.size) || log.size < 0) return `log size must be a non-negative safe integer, found ${log.size}`;
  const expected = peakCount(log.size);
  if (log.peaks.length !== expected) return `a log of ${log.size} leaves has ${expected} peaks, found ${log.peaks.length}`;
  const wrong = log.peaks.find((peak) => peak.length !== DIGEST_BYTES);
  return wrong === undefined ? undefined : `a peak has ${DIGEST_BYTES} bytes, found ${wrong.length}`;
}

function assertLog(log: MerkleLog): void {
  const problem = logProblem(log);
  if (problem !== undefined) throw new RangeError(problem);
}

function takeLast(peaks: Digest[]): Digest {
  const last = peaks.pop();
  if (last === undefined) throw new RangeError("a log has fewer peaks than its size has one bits");
  return last;
}
