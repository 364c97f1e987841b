import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { EncodeError } from "../encoding-error.ts";
import { PUBLIC_KEY_BYTES, type PublicKey } from "../identifiers.ts";

const SEED_BYTES = 32;
const KEYS_MAX = 4096;
// DER of an RFC 8410 key up to its 32 bytes.
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const publicKeys = new Map<string, KeyObject>();

/** An ed25519 private key held by this process. */
export interface NodeSigner {
  readonly publicKey: PublicKey;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** The signer of a 32-byte seed (RFC 8032 §5.1.5). Throws `EncodeError` for another length. */
export function nodeEd25519Signer(seed: Uint8Array): NodeSigner {
  if (seed.length !== SEED_BYTES) throw new EncodeError(`an ed25519 seed of ${SEED_BYTES} bytes`, `${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: "der", type: "pkcs8" });
  const encoded = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(encoded.subarray(PUBLIC_PREFIX.length)) as PublicKey;
  return { publicKey, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

/**
 * OpenSSL's verdict on an ed25519 signature: the curve equation, without the checks of keys and signatures that docs/spec/encoding.md puts in front.
 * For `strictVerifier` of @lamina/codec alone. Keys are parsed once, up to 4,096 of them.
 */
export function nodeEd25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return verify(null, message, keyObject(publicKey), signature);
}

/** The same verdict from a thread beside ours, for whoever has cores to spare. */
export function nodeEd25519VerifyLater(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    verify(null, message, keyObject(publicKey), signature, (error, isValid) => (error === null ? resolve(isValid) : reject(error)));
  });
}

function keyObject(publicKey: Uint8Array): KeyObject {
  const name = String.fromCharCode(...publicKey);
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const made = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: "der", type: "spki" });
  if (publicKeys.size >= KEYS_MAX) publicKeys.clear();
  publicKeys.set(name, made);
  return made;
}
