import { encodeUtf8 } from "@lamina/primitives";
import { expect, test } from "vitest";
import { parseJson } from "./json-body.ts";
import { requestLevel } from "./request-level.ts";

const parse = (text: string) => parseJson(encodeUtf8(text));

test("64 levels are read, 65 are not; brackets in strings do not count", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  expect(parse(nested(64))).toBeDefined();
  expect(() => parse(nested(65))).toThrow("nests deeper than 64");
  expect(parse(JSON.stringify({ text: `"\\${"[".repeat(500)}` }))).toBeDefined();
});

test.each(["", "{", "nul", "[1,]", "\u0000"])("%j is no JSON", (text) => {
  expect(() => parse(text)).toThrow(/no body|not JSON/);
});

test("bytes that are no UTF-8 are refused", () => {
  expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("not JSON in UTF-8");
});

test("levels: header, body, both, neither", () => {
  expect(requestLevel(undefined, undefined)).toEqual({ level: 1, param: 0 });
  expect(requestLevel("optimistic", "optimistic")).toEqual({ level: 1, param: 0 });
  expect(() => requestLevel("optimistic", "zk")).toThrow("different levels");
  expect(() => requestLevel("quorum:3", undefined)).toThrow('level "quorum:3" is not offered');
});
