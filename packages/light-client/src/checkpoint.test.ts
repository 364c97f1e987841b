import { expect, test } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";

const fields = {
  chainId: "lamina-devnet-1",
  height: "12",
  headerHash: "ab".repeat(32),
  nextValidatorsHash: "cd".repeat(32),
  time: "2026-01-02T03:04:05.006007008Z",
  trustingPeriodSeconds: "1209600",
};

test("a checkpoint survives writing and reading", () => {
  const checkpoint = parseCheckpoint(JSON.stringify(fields));
  expect(checkpoint.height).toBe(12n);
  expect(checkpoint.time).toEqual({ seconds: 1767323045n, nanos: 6_007_008 });
  expect(JSON.parse(formatCheckpoint(checkpoint))).toEqual(fields);
});

test.each<[string, unknown, string]>([
  ["an unknown member", { ...fields, trustLevel: "1/4" }, "the members chainId"],
  ["a missing member", { ...fields, time: undefined }, "the members chainId"],
  ["an array", [fields], "a JSON object"],
  ["null", null, "a JSON object"],
  ["a height as a number", { ...fields, height: 12 }, "height as a positive decimal string"],
  ["a padded height", { ...fields, height: "012" }, "height as a positive decimal string"],
  ["height zero", { ...fields, height: "0" }, "height as a positive decimal string"],
  ["a short hash", { ...fields, headerHash: "ab" }, "headerHash as 32 bytes"],
  ["an upper-case hash", { ...fields, nextValidatorsHash: "CD".repeat(32) }, "nextValidatorsHash as 32 bytes"],
  ["a local time", { ...fields, time: "2026-01-02T03:04:05+01:00" }, "time as RFC 3339"],
  ["an empty chain id", { ...fields, chainId: "" }, "chainId as 1 to 50 characters"],
])("%s is refused", (_, value, expected) => {
  expect(() => parseCheckpoint(JSON.stringify(value))).toThrow(expected);
});

test("text that is no JSON is refused", () => {
  expect(() => parseCheckpoint("{")).toThrow("expected JSON");
});
