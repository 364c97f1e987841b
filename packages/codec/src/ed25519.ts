import { bytesEqual, concatBytes, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, toHex } from "@lamina/primitives";
import type { EdwardsPoint } from "@noble/curves/abstract/edwards.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

const { Point } = ed25519;
const { n: groupOrder, p: fieldPrime } = Point.CURVE();

/** The eight points P with 8·P the identity, as their canonical encodings in hex. */
const smallOrderEncodings: ReadonlySet<string> = new Set([
  "0100000000000000000000000000000000000000000000000000000000000000",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]);

const smallOrderFirstBytes: ReadonlySet<number> = new Set([...smallOrderEncodings].map((encoding) => Number.parseInt(encoding.slice(0, 2), 16)));

/** Why a public key is refused, whatever it may have signed. */
export type PublicKeyProblem = "wrong length" | "non-canonical" | "not on the curve" | "small order";

/**
 * Tells why `publicKey` may not be used, or undefined where it may: 32 bytes, y below p, a point of the curve, not x = 0 with the sign bit set,
 * not of small order. Native verifiers (Go, OpenSSL) check none of this, so whoever uses one puts this in front; keys are few, so the answer is
 * worth keeping. Source: docs/spec/encoding.md, *The ed25519 rule*, 1.
 */
export function publicKeyProblem(publicKey: Uint8Array): PublicKeyProblem | undefined {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return "wrong length";
  if (coordinateOf(publicKey) >= fieldPrime || isNegativeZero(publicKey)) return "non-canonical";
  if (smallOrderEncodings.has(toHex(publicKey))) return "small order";
  return decodePoint(publicKey) === undefined ? "not on the curve" : undefined;
}

/**
 * Tells whether `signature` is 64 bytes, R ‖ S, with S below the group order and R not of small order: together with `publicKeyProblem` what has to
 * stand in front of a native verifier, since OpenSSL 3.5 refuses an R of small order while Go and OpenSSL 3.0 take it, and a signer could split them.
 * Source: docs/spec/encoding.md, *The ed25519 rule*, 2 and 4.
 */
export function isSignatureWellFormed(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  // The group order is 2^252 and a little: below it for certain, and for nearly all signatures, where the top byte is below 10.
  const isBelowOrder = (signature[63] ?? 0xff) < 0x10 || littleEndian(signature.subarray(32)) < groupOrder;
  return isBelowOrder && !(smallOrderFirstBytes.has(signature[0] ?? 0) && smallOrderEncodings.has(toHex(signature.subarray(0, 32))));
}

/**
 * Tells whether `signature` (64 bytes, R ‖ S) is one of `publicKey` (32 bytes) over `message`, by the one rule that every verifier of Lamina meets:
 * an acceptable key, S below the group order, and R equal byte for byte to the encoding of [S]B − [k]A, without the cofactor, and not of small
 * order. Never throws.
 * Source: docs/spec/encoding.md, *The ed25519 rule*; RFC 8032 §5.1.7.
 */
export function verifyEd25519Strict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isSignatureWellFormed(signature) || publicKeyProblem(publicKey) !== undefined) return false;
  const commitment = signature.subarray(0, 32);
  const response = littleEndian(signature.subarray(32));
  const challenge = littleEndian(sha512(concatBytes(commitment, publicKey, message))) % groupOrder;
  const key = Point.fromBytes(publicKey, false);
  const expected = Point.BASE.multiplyUnsafe(response).subtract(key.multiplyUnsafe(challenge));
  return bytesEqual(expected.toBytes(), commitment);
}

function decodePoint(publicKey: Uint8Array): EdwardsPoint | undefined {
  try {
    return Point.fromBytes(publicKey, false);
  } catch {
    // The library throws for a y without x; lengths and ranges were checked before, so there is no other reason.
    return undefined;
  }
}

/** y: the encoding without its sign bit. */
function coordinateOf(encoded: Uint8Array): bigint {
  return littleEndian(encoded) & ((1n << 255n) - 1n);
}

/** x is 0 exactly where y is 1 or −1; with the sign bit set that would be a second spelling of the same point. */
function isNegativeZero(encoded: Uint8Array): boolean {
  const y = coordinateOf(encoded);
  return ((encoded[31] ?? 0) & 0x80) !== 0 && (y === 1n || y === fieldPrime - 1n);
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}
