import { isSignatureWellFormed, publicKeyProblem } from "@lamina/codec";
import { toHex } from "@lamina/primitives";

/** Tells whether a signature is a key's over a message, now or later, by the one rule of docs/spec/encoding.md. */
export type VerifyJob = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>;

export interface PooledVerifierOptions {
  /** Verifications handed to the pool at once. */
  readonly atOnce: number;
}

const KEYS_MAX = 4_096;

/**
 * The strict rule around a native verifier that works on other threads (the curve equation alone, as `strictVerifier` of @lamina/codec has it for this
 * thread). A signature check costs more than all the rest of a small job, so the rest goes on beside it.
 */
export function pooledVerifier(
  options: PooledVerifierOptions,
  native: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>,
): VerifyJob {
  const goodKeys = new Set<string>();
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const take = () => {
    underWay += 1;
    return underWay <= options.atOnce ? undefined : new Promise<void>((resolve) => waiting.push(resolve));
  };
  const give = () => {
    underWay -= 1;
    waiting.shift()?.();
  };
  return async (publicKey, message, signature) => {
    if (!isSignatureWellFormed(signature) || !isGoodKey(goodKeys, publicKey)) return false;
    await take();
    try {
      return await native(publicKey, message, signature);
    } finally {
      give();
    }
  };
}

function isGoodKey(known: Set<string>, publicKey: Uint8Array): boolean {
  const name = toHex(publicKey);
  if (known.has(name)) return true;
  if (publicKeyProblem(publicKey) !== undefined) return false;
  if (known.size >= KEYS_MAX) known.clear();
  known.add(name);
  return true;
}
