import fc from "fast-check";
import { expect, test } from "vitest";
import { Assembly, splitPayload, wholeNumber } from "./frames.ts";

const announce = (size: number, chunks: number) => ({ size: String(size), chunks: String(chunks) });

test("any payload cut at any size is put together as it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), fc.integer({ min: 1, max: 600 }), (payload, chunkBytes) => {
      const pieces = splitPayload(payload, chunkBytes);
      const assembly = new Assembly(announce(payload.length, pieces.length), 500);
      const results = pieces.map((piece, index) => assembly.add(index, piece));
      expect(results.at(-1)).toEqual(payload);
      expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
    }),
  );
  expect(splitPayload(new Uint8Array(), 10)).toEqual([new Uint8Array()]);
});

test.each([
  [
    "a gap",
    announce(30, 3),
    [
      [0, 10],
      [2, 10],
    ],
  ],
  [
    "a repetition",
    announce(30, 3),
    [
      [0, 10],
      [0, 10],
    ],
  ],
  [
    "more than was announced",
    announce(15, 2),
    [
      [0, 10],
      [1, 10],
    ],
  ],
  [
    "less than was announced",
    announce(30, 2),
    [
      [0, 10],
      [1, 10],
    ],
  ],
  ["all of it too early", announce(10, 2), [[0, 10]]],
] as const)("%s is refused", (_, announced, pieces) => {
  const assembly = new Assembly(announced, 100);
  const add = () => {
    for (const [index, size] of pieces) assembly.add(index, new Uint8Array(size));
  };
  expect(add).toThrow(/expected/);
});

test.each([
  ["over the limit", "101", "2"],
  ["no number", "x", "2"],
  ["negative", "-1", "2"],
  ["absent", undefined, "2"],
  ["too many chunks", "50", "4097"],
  ["a size beyond exact numbers", "9".repeat(16), "2"],
])("an announcement that is %s is refused", (_, size, chunks) => {
  expect(() => new Assembly({ size, chunks }, 100)).toThrow(/expected a (size|count)/);
});

test("header numbers are decimal digits up to their limit", () => {
  expect(wholeNumber("100", "a size", 100)).toBe(100);
  for (const text of ["101", "1e1", " 1", "0x1", "", "1.0"]) expect(() => wholeNumber(text, "a size", 100)).toThrow();
});
