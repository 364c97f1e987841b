import { chainIdBytes, hash, taggedHash } from "@lamina/codec";
import { ByteReader, ByteWriter, type ChainId, fromHex } from "@lamina/primitives";
import { hex, seededBytes, seededNumber } from "./seeded.ts";
import { type Case, refusedCase, unencodableCase, validCase } from "./vector.ts";

const EDGES = [0n, 1n, 127n, 128n, 255n, 256n, 16_383n, 16_384n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

function whole<T>(read: (reader: ByteReader) => T): (bytes: Uint8Array) => string {
  return (bytes) => {
    const reader = new ByteReader(bytes);
    const value = read(reader);
    reader.expectEnd();
    return `${value}`;
  };
}

/** `uv`: each value's one spelling, and the padded, overlong and cut ones. */
export function varintVectors(): Case[] {
  const decode = whole((reader) => reader.varint());
  const values = [...EDGES, ...Array.from({ length: 20 }, (_, at) => BigInt(`0x${hex(seededBytes(1 + (at % 8), "varint", at))}`))];
  const valid = values.map((value, at) => validCase(`${value} (${at})`, new ByteWriter().varint(value).finish(), {}, decode));
  const spoilt = [
    "",
    "80",
    "8000",
    "8100",
    "ff8000",
    "ffffffffffffffffff02",
    "ffffffffffffffffff81",
    "80808080808080808000",
    "80808080808080808080",
    "ffffffffffffffffffff01",
    "0000",
    "7f00",
  ];
  return [...valid, ...spoilt.map((text) => refusedCase([`refused: ${text || "nothing"}`, fromHex(text)], {}, decode))];
}

/** `zz`: signed 64-bit values. */
export function zigzagVectors(): Case[] {
  const decode = whole((reader) => reader.zigzag());
  const edges = [0n, -1n, 1n, -2n, 2n, 63n, -64n, 64n, -65n, 2n ** 31n, -(2n ** 31n), 2n ** 63n - 1n, -(2n ** 63n)];
  const valid = edges.map((value) => validCase(`${value}`, new ByteWriter().zigzag(value).finish(), {}, decode));
  return [...valid, refusedCase(["padded", fromHex("8000")], {}, decode), refusedCase(["over 64 bits", fromHex("ffffffffffffffffff02")], {}, decode)];
}

/** Tagged hashes and plain ones. */
export function hashVectors(): Case[] {
  const inputs = Array.from({ length: 8 }, (_, at) => ({
    tag: `lamina/test-${at}/1`,
    bytes: seededBytes(seededNumber(200, "hash", at), "hash", at),
  }));
  return inputs.map(({ tag, bytes }) => ({
    name: `${tag} over ${bytes.length} bytes`,
    input: { tag, bytes: hex(bytes) },
    expected: { tagged: hex(taggedHash(tag, bytes)), plain: hex(hash(bytes)) },
  }));
}

/** `chain_id`. */
export function chainIdVectors(): Case[] {
  const good = ["a", "lamina-1", "Lamina_devnet.2", "0", "x".repeat(50)];
  const bad = ["", "x".repeat(51), "lamina 1", "lamina/1", "lämina-1", "lamina-1\n", "lamina:1"];
  const encode = (chainId: string) => hex(chainIdBytes(chainId as ChainId));
  return [
    ...good.map((chainId) => ({ name: chainId, input: { chainId }, expected: encode(chainId) })),
    ...bad.map((chainId) => unencodableCase(`refused: ${JSON.stringify(chainId)}`, { chainId }, () => encode(chainId))),
  ];
}
