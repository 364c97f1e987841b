import type { PublicKey } from "@lamina/primitives";
import { isSignatureWellFormed, publicKeyProblem, verifyEd25519Strict } from "./ed25519.ts";

/** A private key that stays where it is. `sign` gives 64 bytes over the message. */
export interface Signer {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Tells whether `signature` is `publicKey`'s over `message` by the one rule of docs/spec/encoding.md. Never throws. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** The rule in plain TypeScript: anywhere, also in a browser, some milliseconds a signature. */
export const verifySignature: VerifySignature = verifyEd25519Strict;

const KEYS_MAX = 4096;

/**
 * The same rule around a native verifier (which does the curve equation but not all the checks before it), for servers. `native` may be called
 * with any 32-byte key. Verdicts on keys are kept, for at most 4,096 keys.
 */
export function strictVerifier(native: VerifySignature): VerifySignature {
  const goodKeys = new Set<string>();
  return (publicKey, message, signature) => {
    if (!isSignatureWellFormed(signature)) return false;
    // One character a byte: a cheap key for the set.
    const key = String.fromCharCode(...publicKey);
    if (!goodKeys.has(key)) {
      if (publicKeyProblem(publicKey) !== undefined) return false;
      if (goodKeys.size >= KEYS_MAX) goodKeys.clear();
      goodKeys.add(key);
    }
    return native(publicKey, message, signature);
  };
}
