import { Secret } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { digestApiKey, isApiKeyShaped, makeApiKey, sameDigest } from "./api-key.ts";

const pepper = (fill: number) => new Secret(new Uint8Array(32).fill(fill));

test("keys are 256 random bits behind a prefix, before a checksum", () => {
  const env = fakeEnv(7);
  const [first, second] = [makeApiKey(env), makeApiKey(env)];
  expect(first).toMatch(/^lamina_sk_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/);
  expect(first).not.toBe(second);
  expect(isApiKeyShaped(first)).toBe(true);
});

test("one wrong character is no key", () => {
  const key = makeApiKey(fakeEnv(7));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: key.length - 1 }), fc.constantFrom(..."ab01_-Z"), (at, character) => {
      fc.pre(key[at] !== character);
      expect(isApiKeyShaped(key.slice(0, at) + character + key.slice(at + 1))).toBe(false);
    }),
  );
  for (const text of ["", key.slice(1), `${key}0`, key.toUpperCase(), ` ${key}`]) expect(isApiKeyShaped(text)).toBe(false);
});

test("what is stored depends on the pepper", () => {
  const key = makeApiKey(fakeEnv(7));
  expect(sameDigest(digestApiKey(pepper(1), key), digestApiKey(pepper(1), key))).toBe(true);
  expect(sameDigest(digestApiKey(pepper(1), key), digestApiKey(pepper(2), key))).toBe(false);
  expect(sameDigest(new Uint8Array(32), new Uint8Array(31))).toBe(false);
});
