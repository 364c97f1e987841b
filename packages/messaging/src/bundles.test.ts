import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { bus } from "@lamina/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BUNDLE_ENTRIES_MAX, readAnswerBundle, readCallBundle, writeAnswerBundle, writeCallBundle } from "./bundles.ts";

const ids = fc.uniqueArray(fc.stringMatching(/^[0-9a-z]{1,16}$/), { minLength: 1, maxLength: BUNDLE_ENTRIES_MAX });
const payload = fc.uint8Array({ maxLength: 40 });
const callsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ id: at.toString(36), timeoutMs: at, payload: Uint8Array.of(at) }));

test("what is written is what proto/ says, and is read back", () => {
  fc.assert(
    fc.property(ids, fc.nat(600_000), payload, fc.boolean(), (names, timeoutMs, bytes, retryable) => {
      const calls = names.map((id) => ({ id, timeoutMs, payload: bytes }));
      expect(readCallBundle(writeCallBundle(calls))).toEqual(calls);
      expect(fromBinary(bus.CallBundleSchema, writeCallBundle(calls)).calls).toMatchObject(calls);
      const answers = names.map((id, at) => ({ id, payload: bytes, error: at % 2 === 0 ? "" : "OVERLOADED", retryable }));
      expect(readAnswerBundle(writeAnswerBundle(answers))).toEqual(answers);
      expect(readAnswerBundle(toBinary(bus.AnswerBundleSchema, create(bus.AnswerBundleSchema, { answers })))).toEqual(answers);
    }),
  );
});

test("a field of a later version is passed over", () => {
  const later = Uint8Array.of(0x50, 7);
  const calls = callsOf(2);
  expect(readCallBundle(Uint8Array.from([...later, ...writeCallBundle(calls), ...later]))).toEqual(calls);
});

test.each([
  ["nothing", new Uint8Array()],
  ["no protobuf", Uint8Array.of(0xff, 0xff, 0xff)],
  ["half a bundle", writeCallBundle(callsOf(3)).subarray(0, -2)],
  ["one call twice", writeCallBundle([...callsOf(3), ...callsOf(1)])],
  ["too many", writeCallBundle(callsOf(BUNDLE_ENTRIES_MAX + 1))],
  ["no id", writeCallBundle([{ id: "", timeoutMs: 1, payload: new Uint8Array() }])],
  ["an id with a dot", writeCallBundle([{ id: "a.b", timeoutMs: 1, payload: new Uint8Array() }])],
  ["an id that is a wildcard", writeCallBundle([{ id: "*", timeoutMs: 1, payload: new Uint8Array() }])],
  ["the answers' own token", writeCallBundle([{ id: "_", timeoutMs: 1, payload: new Uint8Array() }])],
])("a bundle that is %s is refused", (_, bytes) => {
  expect(() => readCallBundle(bytes)).toThrow(expect.objectContaining({ code: "BAD_FRAME" }));
});

test("any bytes are a bundle or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [readCallBundle, readAnswerBundle]) {
        try {
          expect(read(bytes).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "BAD_FRAME" });
        }
      }
    }),
  );
});
