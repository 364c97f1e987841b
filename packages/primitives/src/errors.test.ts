import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  AssertionError,
  assert,
  BaseError,
  bytesEqual,
  compareBytes,
  concatBytes,
  describeError,
  digest,
  height,
  isRetryable,
  Secret,
  ulam,
} from "./index.ts";

class BusyError extends BaseError<"BUSY"> {
  override readonly retryable = true;
  readonly details: { queued: number };
  constructor(details: { queued: number }, options?: ErrorOptions) {
    super("BUSY", `expected room, found ${details.queued} waiting`, options);
    this.details = details;
  }
}

test("an error tells its name, code, details and whether to try again", () => {
  const error = new BusyError({ queued: 3 }, { cause: new Error("beneath") });
  expect(error).toMatchObject({ name: "BusyError", code: "BUSY", details: { queued: 3 }, message: "expected room, found 3 waiting" });
  expect([isRetryable(error), isRetryable(new Error("x")), isRetryable(undefined)]).toEqual([true, false, false]);
});

test("causes are described outermost first, and a ring of causes ends", () => {
  const inner = new BusyError({ queued: 1 });
  const outer = new Error("outer", { cause: inner });
  expect(describeError(outer).map(({ name, code }) => [name, code])).toEqual([
    ["Error", undefined],
    ["BusyError", "BUSY"],
  ]);
  inner.cause = outer;
  expect(describeError(outer)).toHaveLength(8);
  expect(describeError("just text")).toEqual([{ name: "string", message: "just text" }]);
});

test("assert throws what nobody should catch", () => {
  expect(() => assert(false, "rows are sorted")).toThrow(AssertionError);
  expect(() => assert(1, "fine")).not.toThrow();
});

describe("a secret shows itself to nobody but who asks", () => {
  const secret = new Secret("canary");
  test.each([
    ["text", `${secret}`],
    ["JSON", JSON.stringify({ secret })],
    ["inspect", inspect({ deep: [secret] })],
    ["inspect with hidden fields", inspect(secret, { showHidden: true, customInspect: false })],
    ["keys", JSON.stringify(Object.entries(secret))],
  ])("%s", (_, shown) => {
    expect(shown).not.toContain("canary");
  });

  test("reveal", () => {
    expect(secret.reveal()).toBe("canary");
  });
});

describe("bytes", () => {
  const of = (...values: number[]) => new Uint8Array(values);

  test("equal", () => {
    expect(bytesEqual(of(1, 2), of(1, 2))).toBe(true);
    expect(bytesEqual(of(1, 2), of(1, 3))).toBe(false);
    expect(bytesEqual(of(1, 2), of(1, 2, 0))).toBe(false);
  });

  test("order is that of unsigned bytes, a prefix first", () => {
    const sorted = [of(), of(0), of(0, 255), of(1), of(128), of(255)];
    expect([...sorted].reverse().sort(compareBytes)).toEqual(sorted);
  });

  test("concat copies", () => {
    const part = of(1);
    const joined = concatBytes(part, of(), of(2, 3));
    part[0] = 9;
    expect(joined).toEqual(of(1, 2, 3));
  });
});

test("makers of ids refuse what does not fit", () => {
  expect(() => digest(new Uint8Array(31))).toThrow("digest of 32 bytes, found 31");
  expect(() => height(-1n)).toThrow("height in 0..2^64-1");
  expect(() => ulam(1n << 64n)).toThrow("amount in ulam");
  expect(ulam((1n << 64n) - 1n)).toBe((1n << 64n) - 1n);
});
