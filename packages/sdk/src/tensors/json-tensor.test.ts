import { encodeUtf8, toHex } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { MalformedAnswerError } from "../client/client-error.ts";
import { readJson } from "../client/json-value.ts";
import { tensorOfJson } from "./json-tensor.ts";

function bytesOf(datatype: string, data: string): string {
  return toHex(tensorOfJson(readJson(encodeUtf8(`{"name":"out","shape":[1],"datatype":"${datatype}","data":${data}}`))).bytes);
}

/** What apps/gateway writes of these bytes: what was signed must come out again, bit for bit. */
describe("an output as JSON is the bytes that were signed", () => {
  test.each([
    ["both zeros", "FP32", "0000000000000080", "[0,-0]"],
    ["both zeros of 64 bits", "FP64", "00000000000000000000000000000080", "[0,-0]"],
    ["infinities", "FP32", "0000807f000080ff", '["Infinity","-Infinity"]'],
    ["the NaN of IEEE 754 and that of x86", "FP32", "0000c07f0000c0ff", '["NaN","nan(0xffc00000)"]'],
    ["NaNs of 64 bits", "FP64", "000000000000f87f010000000000f0ff", '["NaN","nan(0xfff0000000000001)"]'],
    ["the smallest float32", "FP32", "01000000", "[1.401298464324817e-45]"],
    ["floats that look like long integers", "FP32", "0000005f0000c0de", "[9223372036854776000,-6917529027641082000]"],
    ["int64 around 2^53", "INT64", "ffffffffffff1f000000000000002000", "[9007199254740991,9007199254740992]"],
    ["the ends of int64", "INT64", "0000000000000080ffffffffffffff7f", "[-9223372036854775808,9223372036854775807]"],
    ["the end of uint64", "UINT64", "ffffffffffffffff", "[18446744073709551615]"],
  ])("%s", (_name, datatype, bytes, json) => {
    expect(bytesOf(datatype, json)).toBe(bytes);
  });
});

test.each([
  ["text of another kind", "FP32", '["nan"]'],
  ["text where integers belong", "INT64", '["NaN"]'],
  ["an integer outside the type", "INT64", "[9223372036854775808]"],
  ["null", "FP32", "[null]"],
])("%s is no tensor", (_name, datatype, json) => {
  expect(() => bytesOf(datatype, json)).toThrow(MalformedAnswerError);
});
