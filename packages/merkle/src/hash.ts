import type { Digest } from "@lamina/primitives";
import { sha256 } from "@noble/hashes/sha2.js";

const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

/** SHA-256(00 ‖ leaf). The prefix keeps a leaf from ever passing for a node (T32). Source: RFC 9162 §2.1.1. */
export function hashLeaf(leaf: Uint8Array): Digest {
  return sha256.create().update(leafPrefix).update(leaf).digest() as Digest;
}

/** SHA-256(01 ‖ left ‖ right), both 32 bytes. Source: RFC 9162 §2.1.1. */
export function hashNode(left: Uint8Array, right: Uint8Array): Digest {
  return sha256.create().update(nodePrefix).update(left).update(right).digest() as Digest;
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Digest {
  return sha256(new Uint8Array(0)) as Digest;
}
