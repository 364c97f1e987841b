import type { Digest } from "@lamina/primitives";
import { sha256, sha256Joined } from "./sha256.ts";

const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

/** SHA-256(00 ‖ leaf). The prefix keeps a leaf from ever passing for a node (T32). Source: RFC 9162 §2.1.1. */
export function hashLeaf(leaf: Uint8Array): Digest {
  return sha256Joined(leafPrefix, leaf);
}

/** `hashLeaf` of the parts behind each other, without joining them first. */
export function hashLeafOf(first: Uint8Array, second: Uint8Array): Digest {
  return sha256Joined(leafPrefix, first, second);
}

/** SHA-256(01 ‖ left ‖ right), both 32 bytes. Source: RFC 9162 §2.1.1. */
export function hashNode(left: Uint8Array, right: Uint8Array): Digest {
  return sha256Joined(nodePrefix, left, right);
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Digest {
  return sha256(new Uint8Array(0));
}
