import { hash } from "node:crypto";

/** OpenSSL's SHA-256, 32 bytes: for `useSha256` of @lamina/merkle. */
export function nodeSha256(bytes: Uint8Array): Uint8Array {
  const digest = hash("sha256", bytes, "buffer");
  // Not a Buffer, whose `slice` shares instead of copying.
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}
