import { type ChainId, type Digest, fromHex, type JobId, type PublicKey, toHex } from "@lamina/primitives";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import { loadVectors } from "@lamina/testing";
import { expect, test } from "vitest";
import { cancelBytes, encodeHeader, headBytes, possessBytes, signJobBytes, spendBytes, strictVerifier, verifySignature } from "./index.ts";

type Fields = Record<string, string>;
type Input = { tag: string; chainId: ChainId; fields: Fields };
type Expected = { bytes: string; publicKey: string; signature: string };

const writers: Record<string, (chainId: ChainId, fields: Fields) => Uint8Array> = {
  "lamina/sign-job/1": (chainId, f) => signJobBytes(chainId, bytes(f, "jobId") as JobId, big(f, "settleBy")),
  "lamina/cancel/1": (chainId, f) => cancelBytes(chainId, bytes(f, "jobId") as JobId, big(f, "settleBy")),
  "lamina/spend/1": (chainId, f) =>
    spendBytes(chainId, {
      lane: big(f, "lane"),
      term: big(f, "term"),
      number: big(f, "number"),
      count: small(f, "count"),
      root: bytes(f, "root") as Digest,
    }),
  "lamina/head/1": (chainId, f) =>
    headBytes(chainId, {
      worker: bytes(f, "worker") as PublicKey,
      level: small(f, "level"),
      param: small(f, "param"),
      incarnation: small(f, "incarnation"),
      count: big(f, "count"),
      head: bytes(f, "head") as Digest,
    }),
  "lamina/possess/1": (chainId, f) =>
    possessBytes(chainId, { role: small(f, "role"), key: bytes(f, "key") as PublicKey, account: f["account"] ?? "", expires: big(f, "expires") }),
  "lamina/block/1": (chainId, f) =>
    encodeHeader({
      chainId,
      term: big(f, "term"),
      number: big(f, "number"),
      parent: bytes(f, "parent") as Digest,
      level: small(f, "level"),
      param: small(f, "param"),
      referenceHeight: big(f, "referenceHeight"),
      rows: small(f, "rows"),
      runs: small(f, "runs"),
      charges: big(f, "charges"),
      rowsRoot: bytes(f, "rowsRoot") as Digest,
    }),
};

function bytes(fields: Fields, name: string): Uint8Array {
  return fromHex(fields[name] ?? "");
}
function big(fields: Fields, name: string): bigint {
  return BigInt(fields[name] ?? "");
}
function small(fields: Fields, name: string): number {
  return Number(fields[name]);
}

const vectors = loadVectors<Input, Expected>("statements/sign-bytes");
const verifyFast = strictVerifier(nodeEd25519Verify);

test.each(vectors)("$name", ({ input, expected }) => {
  const signed = writers[input.tag]?.(input.chainId, input.fields) ?? new Uint8Array();
  expect(toHex(signed)).toBe(expected?.bytes);
  const [key, signature] = [fromHex(expected?.publicKey ?? ""), fromHex(expected?.signature ?? "")];
  expect(verifySignature(key, signed, signature)).toBe(true);
  expect(verifyFast(key, signed, signature)).toBe(true);
});

test("no statement passes for another, nor for its like on another chain (I32, T27)", () => {
  const all = vectors.map(({ input }) => toHex(writers[input.tag]?.(input.chainId, input.fields) ?? new Uint8Array()));
  expect(new Set(all).size).toBe(all.length);
  for (const one of all) for (const other of all) expect(one !== other && other.startsWith(one)).toBe(false);
});

test("the native verifier behind the strict rule refuses what the rule refuses", () => {
  for (const { name, input, expected } of loadVectors<{ publicKey: string; message: string; signature: string }, boolean>("ed25519/verify")) {
    const [key, message, signature] = [fromHex(input.publicKey), fromHex(input.message), fromHex(input.signature)];
    expect(verifyFast(key, message, signature), name).toBe(expected);
  }
});
