import { toHex } from "@lamina/primitives";
import { loadVectors } from "@lamina/testing";
import { expect, test } from "vitest";
import { hashHeader } from "./header.ts";
import { type BlockIdShape, type BlockShape, blockIdOf, type HeaderShape, headerOf, validatorsOf } from "./testing/vector-shapes.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";
import { compareValidators, hashValidatorSet, validatorSetProblem } from "./validator-set.ts";
import { precommitSignBytes } from "./vote.ts";

test.each(loadVectors<HeaderShape, string>("light-client/headers"))("header hash: $name", ({ input, expected }) => {
  expect(toHex(hashHeader(headerOf(input)))).toBe(expected);
  expect(formatTimestamp(parseTimestamp(input.time))).toBe(input.time);
});

test.each(loadVectors<{ validators: BlockShape["validators"] }, string>("light-client/validator-sets"))("validator set hash: $name", ({
  input,
  expected,
}) => {
  const validators = validatorsOf(input.validators);
  expect(toHex(hashValidatorSet(validators))).toBe(expected);
  expect(validatorSetProblem(validators)).toBeUndefined();
  expect(validators.toSorted(compareValidators)).toEqual(validators);
});

interface VoteInput {
  chainId: string;
  height: string;
  round: string;
  blockId: BlockIdShape;
  time: string;
}

test.each(loadVectors<VoteInput, string>("light-client/votes"))("vote sign bytes: $name", ({ input, expected }) => {
  const { chainId, height, round, blockId, time } = input;
  const vote = { chainId, height: BigInt(height), round: Number(round), blockId: blockIdOf(blockId), time: parseTimestamp(time) };
  expect(toHex(precommitSignBytes(vote))).toBe(expected);
});

test("sets that CometBFT would not make are refused, each for its reason", () => {
  const [, four] = loadVectors<{ validators: BlockShape["validators"] }, string>("light-client/validator-sets");
  const validators = validatorsOf(four?.input.validators ?? []);
  const [first, ...others] = validators;
  if (first === undefined) throw new Error("the vectors hold a set of four");
  expect(validatorSetProblem([])).toContain("at least one");
  expect(validatorSetProblem([first, first, ...others])).toContain("twice");
  expect(validatorSetProblem([...others, first])).toContain("validator 3 does not");
  expect(validatorSetProblem([{ ...first, power: 0n }])).toContain("at least 1");
  expect(validatorSetProblem([{ ...first, power: 1n << 61n }])).toContain("total power");
});

test.each([
  "2026-02-30T00:00:00Z",
  "2026-01-01T00:00:00+00:00",
  "2026-01-01 00:00:00Z",
  "2026-01-01T00:00:00.1234567890Z",
  "2026-01-01T24:00:00Z",
  "",
])("%j is no timestamp", (text) => {
  expect(() => parseTimestamp(text)).toThrow("an RFC 3339 time in UTC");
});
