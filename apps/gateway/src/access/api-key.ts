import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type Env, type Secret, toBase64Url } from "@lamina/primitives";

const PREFIX = "lamina_sk_";
const SECRET_BYTES = 32;
const CHECKSUM_CHARACTERS = 8;
/** Prefix, 32 bytes in base64url, and 4 bytes of checksum in hex. */
const SHAPE = new RegExp(`^${PREFIX}[A-Za-z0-9_-]{43}[0-9a-f]{${CHECKSUM_CHARACTERS}}$`);

/** A new key: 256 random bits behind a prefix that leak scanners find, before a checksum that tells a mistyped key from a wrong one (T2). */
export function makeApiKey(env: Pick<Env, "random">): string {
  const body = `${PREFIX}${toBase64Url(env.random.bytes(SECRET_BYTES))}`;
  return `${body}${checksumOf(body)}`;
}

/** Tells whether a text can be a key at all; most guesses end here, without a question to Postgres. */
export function isApiKeyShaped(text: string): boolean {
  if (!SHAPE.test(text)) return false;
  const body = text.slice(0, -CHECKSUM_CHARACTERS);
  return checksumOf(body) === text.slice(-CHECKSUM_CHARACTERS);
}

/** What Postgres keeps of a key: HMAC-SHA-256 under a pepper that is not in it, so that a dump holds nothing usable (T2). */
export function digestApiKey(pepper: Secret<Uint8Array>, key: string): Buffer {
  return createHmac("sha256", pepper.reveal()).update("lamina/api-key/1\n").update(key).digest();
}

export function sameDigest(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function checksumOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, CHECKSUM_CHARACTERS);
}
