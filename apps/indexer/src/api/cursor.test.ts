import { toBase64Url } from "@lamina/primitives";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CursorError, makeCursor, readCursor } from "./cursor.ts";

test("a cursor gives back its keys, and only to its own listing", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 4 }), (listing, keys) => {
      expect(readCursor(listing, keys.length, makeCursor(listing, keys))).toEqual(keys);
      expect(() => readCursor(`${listing}x`, keys.length, makeCursor(listing, keys))).toThrow(CursorError);
      expect(() => readCursor(listing, keys.length + 1, makeCursor(listing, keys))).toThrow(CursorError);
    }),
  );
});

test.each([
  "",
  "!",
  "e30",
  "W10",
  toBase64Url(new TextEncoder().encode('["blocks",1]')),
  toBase64Url(new Uint8Array([255])),
])("%j is none", (text) => {
  expect(() => readCursor("blocks", 1, text)).toThrow(CursorError);
});
