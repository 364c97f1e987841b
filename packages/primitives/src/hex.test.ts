import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, fromBase64, fromBase64Url, fromHex, isHex, toBase64, toBase64Url, toHex } from "./index.ts";

const bytes = fc.uint8Array({ maxLength: 80 });

test("hex and base64 agree with Node's, and come back", () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(toHex(value)).toBe(Buffer.from(value).toString("hex"));
      expect(toBase64(value)).toBe(Buffer.from(value).toString("base64"));
      expect(toBase64Url(value)).toBe(Buffer.from(value).toString("base64url"));
      expect(fromHex(toHex(value))).toEqual(value);
      expect(fromBase64(toBase64(value))).toEqual(value);
      expect(fromBase64Url(toBase64Url(value))).toEqual(value);
    }),
  );
});

describe("one value has one spelling", () => {
  test.each(["A0", "0", "0x", "g0", "0 ", "\u0130\u0130"])("hex %j is refused", (text) => {
    expect(() => fromHex(text)).toThrow(DecodeError);
    expect(isHex(text)).toBe(false);
  });

  test.each(["QQ", "QQ=", "QR==", "QUI", "QUJ=", "QQ==\n", "Q Q=", "====", "Q===", "QQ=A", "-_8="])("base64 %j is refused", (text) => {
    expect(() => fromBase64(text)).toThrow(DecodeError);
  });

  test.each(["QQ==", "QR", "Q", "+/8"])("base64url %j is refused", (text) => {
    expect(() => fromBase64Url(text)).toThrow(DecodeError);
  });

  test("no other text decodes to the same bytes", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        let decoded: Uint8Array;
        try {
          decoded = fromBase64(text);
        } catch {
          return;
        }
        expect(toBase64(decoded)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});

test("isHex knows lengths", () => {
  expect(isHex("00ff", 2)).toBe(true);
  expect(isHex("00ff", 3)).toBe(false);
  expect(isHex("")).toBe(true);
});
