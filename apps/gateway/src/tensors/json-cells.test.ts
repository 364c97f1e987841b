import { ElementType } from "@lamina/codec";
import { fromHex } from "@lamina/primitives";
import { expect, test } from "vitest";
import { bytesToCells } from "./json-cells.ts";

/** Little-endian bytes and the JSON of them: packages/sdk reads the same texts back into the same bytes. */
test.each([
  ["both zeros", ElementType.float32, 4, "0000000000000080", "[0,-0]"],
  ["both zeros of 64 bits", ElementType.float64, 8, "00000000000000000000000000000080", "[0,-0]"],
  ["infinities", ElementType.float32, 4, "0000807f000080ff", '["Infinity","-Infinity"]'],
  ["the NaN of IEEE 754 and that of x86", ElementType.float32, 4, "0000c07f0000c0ff", '["NaN","nan(0xffc00000)"]'],
  ["NaNs of 64 bits", ElementType.float64, 8, "000000000000f87f010000000000f0ff", '["NaN","nan(0xfff0000000000001)"]'],
  ["the smallest float32", ElementType.float32, 4, "01000000", "[1.401298464324817e-45]"],
  ["floats that look like long integers", ElementType.float32, 4, "0000005f0000c0de", "[9223372036854776000,-6917529027641082000]"],
  ["int64 around 2^53", ElementType.int64, 8, "ffffffffffff1f000000000000002000", "[9007199254740991,9007199254740992]"],
  ["the ends of int64", ElementType.int64, 8, "0000000000000080ffffffffffffff7f", "[-9223372036854775808,9223372036854775807]"],
  ["the end of uint64", ElementType.uint64, 8, "ffffffffffffffff", "[18446744073709551615]"],
])("%s", (_name, type, size, bytes, json) => {
  expect(JSON.stringify(bytesToCells(type, size, fromHex(bytes)))).toBe(json);
});

test("a datatype without a JSON form has no cells", () => {
  expect(bytesToCells(ElementType.float16, 2, new Uint8Array(2))).toBeUndefined();
});
