import { nodeSha256 } from "@lamina/primitives/node";
import { sha256 as portable } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { sha256, sha256Joined, useSha256 } from "./sha256.ts";

afterEach(() => useSha256(portable));

test("hashing by the platform is hashing in plain TypeScript", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      useSha256(portable);
      const expected = sha256(bytes);
      useSha256(nodeSha256);
      const found = sha256(bytes);
      expect(found).toEqual(expected);
      expect(found.constructor).toBe(Uint8Array);
    }),
  );
});

test("parts are hashed as what they are joined", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3_000, size: "max" }), { maxLength: 4 }), (parts) => {
      for (const hash of [portable, nodeSha256]) {
        useSha256(hash);
        expect(sha256Joined(...parts)).toEqual(portable(Buffer.concat(parts)));
      }
    }),
  );
});

test("another function is refused, and the one before stays", () => {
  expect(() => useSha256((bytes) => portable(bytes).map((byte) => byte ^ 1))).toThrow("expected SHA-256");
  expect(() => useSha256(() => new Uint8Array(31))).toThrow(RangeError);
  expect(sha256(Uint8Array.of(1))).toEqual(portable(Uint8Array.of(1)));
});
