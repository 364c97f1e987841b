import { sha256, sha256Joined } from "@lamina/merkle";
import { type ByteReader, type ChainId, concatBytes, DecodeError, type Digest, EncodeError, encodeUtf8 } from "@lamina/primitives";
import { readStr8 } from "./strings.ts";

const CHAIN_ID = /^[a-zA-Z0-9_.-]{1,50}$/;
const tags = new Map<string, Uint8Array>();
const chains = new Map<string, Uint8Array>();

/** SHA-256: the only hash of the formats, `H` in docs/spec/encoding.md. */
export function hash(bytes: Uint8Array): Digest {
  return sha256(bytes);
}

/** `H(str8(tag) ‖ parts…)`: the tag keeps one kind of hash from ever passing for another. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Digest {
  return sha256Joined(tagBytes(tag), ...parts);
}

/** HMAC-SHA-256 over the joined parts. Source: RFC 2104. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Digest {
  return hmacKey(key)(...parts);
}

const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** `hmacSha256` under one key for many messages: the key is laid out once. */
export function hmacKey(key: Uint8Array): (...parts: readonly Uint8Array[]) => Digest {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  const inner = keyBlock(short, INNER);
  const outer = keyBlock(short, OUTER);
  return (...parts) => sha256Joined(outer, sha256Joined(inner, ...parts));
}

function keyBlock(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad);
  for (let at = 0; at < key.length; at++) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}

/** `str8(tag)`. Tags are few and written by us, so each is encoded once. */
export function tagBytes(tag: string): Uint8Array {
  return remembered(tags, tag, 64);
}

/** `str8` of a chain id; throws `EncodeError` unless it has 1–50 characters of `a-z A-Z 0-9 - _ .`. Source: docs/spec/encoding.md. */
export function chainIdBytes(chainId: ChainId): Uint8Array {
  const known = chains.get(chainId);
  if (known !== undefined) return known;
  if (!CHAIN_ID.test(chainId)) throw new EncodeError("a chain id of 1-50 characters of a-z A-Z 0-9 - _ .", JSON.stringify(chainId));
  return remembered(chains, chainId, 16);
}

/** Reads a chain id and refuses what `chainIdBytes` would not have written. */
export function readChainId(reader: ByteReader): ChainId {
  const start = reader.offset;
  const text = readStr8(reader, "chain id");
  if (CHAIN_ID.test(text)) return text as ChainId;
  throw new DecodeError("unexpected-value", start, "a chain id of 1-50 characters of a-z A-Z 0-9 - _ .", JSON.stringify(text));
}

/** Reads `str8(tag)` and refuses any other. */
export function expectTag(reader: ByteReader, tag: string): void {
  const start = reader.offset;
  const found = readStr8(reader, "tag");
  if (found !== tag) throw new DecodeError("unexpected-value", start, `tag ${tag}`, JSON.stringify(found));
}

/** A small cache: a process meets a handful of tags and chains, and a hostile caller must not make it grow. */
function remembered(cache: Map<string, Uint8Array>, text: string, entriesMax: number): Uint8Array {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const utf8 = encodeUtf8(text);
  const bytes = concatBytes(Uint8Array.of(utf8.length), utf8);
  if (cache.size < entriesMax) cache.set(text, bytes);
  return bytes;
}
