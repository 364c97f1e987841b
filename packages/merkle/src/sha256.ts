import { bytesEqual, type Digest, fromHex } from "@lamina/primitives";
import { sha256 as portable } from "@noble/hashes/sha2.js";

/** SHA-256 of the bytes: 32 fresh ones. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

// FIPS 180-2, B.1.
const MESSAGE = Uint8Array.of(0x61, 0x62, 0x63);
const EXPECTED = fromHex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

let chosen: Sha256 = portable;

/** By whatever `useSha256` was given, in plain TypeScript where it was never called: anywhere, also in a browser. */
export function sha256(bytes: Uint8Array): Digest {
  return chosen(bytes) as Digest;
}

const JOINED_BYTES = 4_096;
const joined = new Uint8Array(JOINED_BYTES);

/** SHA-256 of the parts behind each other. Short ones are laid into one buffer that is used again: most of what is hashed is short, and often. */
export function sha256Joined(...parts: readonly Uint8Array[]): Digest {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = length > JOINED_BYTES ? new Uint8Array(length) : joined;
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return sha256(bytes.subarray(0, length));
}

/**
 * Has this process hash by `hash` from now on: a server's main program gives the one of its platform. It is the same function either way, so nobody
 * else needs to know. Throws RangeError for one that is not SHA-256.
 */
export function useSha256(hash: Sha256): void {
  if (!bytesEqual(hash(MESSAGE), EXPECTED)) throw new RangeError("expected SHA-256, found another function");
  chosen = hash;
}
