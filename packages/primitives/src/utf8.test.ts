import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, decodeUtf8, EncodeError, encodeUtf8, fromHex } from "./index.ts";

test("agrees with TextEncoder and TextDecoder on every well-formed text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const encoded = encodeUtf8(text);
      expect(encoded).toEqual(new TextEncoder().encode(text));
      expect(decodeUtf8(encoded)).toBe(text);
    }),
  );
});

test("agrees with the strict TextDecoder on any bytes", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const outcome = (decode: () => string) => {
        try {
          return decode();
        } catch {
          return undefined;
        }
      };
      expect(outcome(() => decodeUtf8(bytes))).toBe(outcome(() => strict.decode(bytes)));
    }),
    { numRuns: 5_000 },
  );
});

describe("is refused", () => {
  test.each([
    ["an overlong NUL", "c080"],
    ["an overlong slash", "e080af"],
    ["a surrogate", "eda080"],
    ["past U+10FFFF", "f4908080"],
    ["a lone continuation", "80"],
    ["a cut sequence", "f09f8c"],
    ["a lead byte that does not exist", "f8"],
  ])("%s", (_, hex) => {
    expect(() => decodeUtf8(fromHex(hex))).toThrow(DecodeError);
  });

  test("a lone surrogate when encoding", () => {
    expect(() => encodeUtf8("a\ud800")).toThrow(EncodeError);
  });
});

test("a byte order mark is kept, and long text is not cut", () => {
  expect(decodeUtf8(fromHex("efbbbf61"))).toBe("\ufeffa");
  const long = "🌊é".repeat(50_000);
  expect(decodeUtf8(encodeUtf8(long))).toBe(long);
});
