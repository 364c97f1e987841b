import { describe, expect, test } from "vitest";
import type { DecodeErrorKind } from "./index.ts";
import { ByteReader, ByteWriter, DecodeError, EncodeError, fromHex, toHex } from "./index.ts";

function kindOf(work: () => unknown): DecodeErrorKind | "accepted" {
  try {
    work();
  } catch (error) {
    if (error instanceof DecodeError) return error.details.kind;
    throw error;
  }
  return "accepted";
}

describe("varint", () => {
  test.each([
    [0n, "00"],
    [127n, "7f"],
    [128n, "8001"],
    [300n, "ac02"],
    [(1n << 63n) - 1n, "ffffffffffffffff7f"],
    [(1n << 64n) - 1n, "ffffffffffffffffff01"],
  ])("%s is %s", (value, hex) => {
    expect(toHex(new ByteWriter().varint(value).finish())).toBe(hex);
    const reader = new ByteReader(fromHex(hex));
    expect(reader.varint()).toBe(value);
    reader.expectEnd();
  });

  test.each<[string, DecodeErrorKind]>([
    ["8000", "non-minimal-varint"],
    ["ff8000", "non-minimal-varint"],
    ["ffffffffffffffffff02", "varint-overflow"],
    ["ffffffffffffffffff81", "varint-overflow"],
    ["80808080808080808080", "varint-overflow"],
    ["80808080808080808000", "non-minimal-varint"],
    ["", "truncated"],
    ["80", "truncated"],
  ])("%s is refused: %s", (hex, kind) => {
    expect(kindOf(() => new ByteReader(fromHex(hex)).varint())).toBe(kind);
  });

  test("a number over its limit is refused before anything is read", () => {
    const reader = new ByteReader(new ByteWriter().varint(1n << 40n).finish());
    expect(kindOf(() => reader.prefixed(1024))).toBe("length-over-limit");
  });

  test("the writer refuses what does not fit", () => {
    expect(() => new ByteWriter().varint(-1n)).toThrow(EncodeError);
    expect(() => new ByteWriter().varint(1n << 64n)).toThrow(EncodeError);
    expect(() => new ByteWriter().varint(2 ** 53)).toThrow(EncodeError);
  });
});

test.each([
  [0n, "00"],
  [-1n, "01"],
  [1n, "02"],
  [(1n << 63n) - 1n, "feffffffffffffffff01"],
  [-(1n << 63n), "ffffffffffffffffff01"],
])("zigzag maps %s to %s", (value, hex) => {
  expect(toHex(new ByteWriter().zigzag(value).finish())).toBe(hex);
  expect(new ByteReader(fromHex(hex)).zigzag()).toBe(value);
});

describe("fixed integers", () => {
  test("are big-endian", () => {
    const bytes = new ByteWriter().u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0fn).finish();
    expect(toHex(bytes)).toBe("0102030405060708090a0b0c0d0e0f");
    const reader = new ByteReader(bytes);
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([1, 0x0203, 0x04050607, 0x08090a0b0c0d0e0fn]);
    reader.expectEnd();
  });

  test.each([
    () => new ByteWriter().u8(256),
    () => new ByteWriter().u16(-1),
    () => new ByteWriter().u32(1.5),
    () => new ByteWriter().u64(1n << 64n),
    () => new ByteWriter().fixed(new Uint8Array(31), 32),
  ])("a value outside its field is refused (%#)", (write) => {
    expect(write).toThrow(EncodeError);
  });

  test("a view into a larger buffer is read from its own start", () => {
    const whole = fromHex("aabb0102");
    expect(new ByteReader(whole.subarray(2)).u16()).toBe(0x0102);
  });
});

describe("strings", () => {
  test("an error inside a string names its offset in the whole", () => {
    const bytes = new ByteWriter().u32(7).prefixed(fromHex("61c3")).finish();
    const reader = new ByteReader(bytes);
    reader.u32();
    expect(() => reader.string(100)).toThrow("invalid-utf8 at offset 7: expected a continuation byte, found the end");
  });

  test("round trip", () => {
    const bytes = new ByteWriter().string("Zürich 🌊").finish();
    expect(new ByteReader(bytes).string(64)).toBe("Zürich 🌊");
  });
});

test("trailing bytes are refused, with their number", () => {
  const reader = new ByteReader(fromHex("01ffff"));
  reader.u8();
  expect(() => reader.expectEnd()).toThrow("trailing-bytes at offset 1: expected the end, found 2 more bytes");
});

test("a failed read moves nothing", () => {
  const reader = new ByteReader(fromHex("0102"));
  expect(kindOf(() => reader.u32())).toBe("truncated");
  expect(reader.u16()).toBe(0x0102);
});

test("single bytes survive every growth of the writer", () => {
  const writer = new ByteWriter();
  const bytes = Array.from({ length: 1000 }, (_, index) => 1 + (index % 255));
  for (const byte of bytes) writer.u8(byte);
  expect([...writer.finish()]).toEqual(bytes);
});

test("what it hands out is a copy, also of a Node Buffer", () => {
  const input = Buffer.from([1, 2, 3, 4]);
  const read = new ByteReader(input).fixed(4);
  input[0] = 9;
  expect(read).toEqual(new Uint8Array([1, 2, 3, 4]));
});
