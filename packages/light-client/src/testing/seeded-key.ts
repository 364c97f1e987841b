import { encodeUtf8, type PublicKey, publicKey } from "@lamina/primitives";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** 32 bytes that depend on the words alone. */
export function seededDigest(...words: readonly (string | number | bigint)[]): Uint8Array {
  return sha256(encodeUtf8(words.join("/")));
}

export interface SeededSigner {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Uint8Array;
}

/** An ed25519 signer whose key depends on `name` alone. */
export function seededSigner(name: string): SeededSigner {
  const secretKey = seededDigest("key", name);
  return { publicKey: publicKey(ed25519.getPublicKey(secretKey)), sign: (message) => ed25519.sign(message, secretKey) };
}
