import { strictVerifier, type VerifySignature } from "@lamina/codec";
import { bytesEqual } from "@lamina/primitives";
import { nodeEd25519Verify } from "@lamina/primitives/node";

const KEPT_MAX = 1024;

interface Seen {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Verifies worker heads by the one rule of docs/spec/encoding.md and remembers the last good ones: a worker signs one head over many rows, and each
 * of them comes with it. Only what verified is remembered, and it must be the same to the byte.
 */
export function headVerifier(): VerifySignature {
  const verify = strictVerifier(nodeEd25519Verify);
  const seen = new Map<string, Seen>();
  return (publicKey, message, signature) => {
    const name = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("latin1");
    const known = seen.get(name);
    // The message names the worker's key.
    if (known !== undefined && bytesEqual(known.message, message) && bytesEqual(known.signature, signature)) return true;
    if (!verify(publicKey, message, signature)) return false;
    if (seen.size >= KEPT_MAX) {
      const oldest = seen.keys().next();
      if (oldest.done !== true) seen.delete(oldest.value);
    }
    seen.set(name, { message, signature });
    return true;
  };
}
