import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { BUNDLE_ENTRIES_MAX } from "./bundles.ts";
import { CallLane } from "./call-lane.ts";

interface Call {
  readonly name: string;
  readonly payload: Uint8Array;
}

function lane(gatherMs = 2) {
  const env = fakeEnv(1);
  const left: string[][] = [];
  const made = new CallLane<Call>({ gatherMs, bytesMax: 100 }, env, (calls) => left.push(calls.map(({ name }) => name)));
  const call = (name: string, size = 1): Call => ({ name, payload: new Uint8Array(size) });
  const add = (name: string, size?: number) => {
    const each = call(name, size);
    made.add(each);
    return each;
  };
  return { env, left, lane: made, add };
}

test("with nothing under way a call leaves at once, with those of its turn", async () => {
  const { env, left, add } = lane();
  add("a");
  add("b");
  await env.advance(0);
  expect(left).toEqual([["a", "b"]]);
});

test("while one is under way others gather, for no longer than allowed", async () => {
  const { env, left, add } = lane();
  add("a");
  await env.advance(0);
  add("b");
  await env.advance(1);
  add("c");
  expect(left).toEqual([["a"]]);
  await env.advance(1);
  expect(left).toEqual([["a"], ["b", "c"]]);
  expect(env.time.pendingTimers).toBe(0);
});

test("where nothing may be added, calls leave with their turn alone", async () => {
  const { env, left, add } = lane(0);
  for (const name of ["a", "b"]) {
    add(name);
    await env.advance(0);
  }
  expect(left).toEqual([["a"], ["b"]]);
  expect(env.time.pendingTimers).toBe(0);
});

test("what gathered leaves when the last one under way is over", async () => {
  const { env, left, lane: made, add } = lane();
  const [first, second] = [add("a"), add("b")];
  await env.advance(0);
  add("c");
  expect(made.end(first)).toBe(false);
  await env.advance(0);
  expect(left).toHaveLength(1);
  expect(made.end(second)).toBe(false);
  await env.advance(0);
  expect(left).toEqual([["a", "b"], ["c"]]);
  expect(env.time.pendingTimers).toBe(0);
});

test("one that is over before it left never leaves", async () => {
  const { env, left, lane: made, add } = lane();
  const first = add("a");
  await env.advance(0);
  const gone = add("b");
  add("c");
  expect(made.end(gone)).toBe(true);
  await env.advance(2);
  expect(left).toEqual([["a"], ["c"]]);
  made.end(first);
  expect(made.isIdle).toBe(false);
});

test("neither bytes nor entries pass their limit; what alone is too large goes alone", async () => {
  const { env, left, add } = lane();
  for (const name of ["a", "b", "c"]) add(name, 45);
  add("large", 1_000);
  await env.advance(0);
  expect(left).toEqual([["a", "b"], ["c"], ["large"]]);
  left.length = 0;
  for (let at = 0; at < BUNDLE_ENTRIES_MAX + 1; at++) add("x");
  await env.advance(2);
  expect(left.map((calls) => calls.length)).toEqual([BUNDLE_ENTRIES_MAX, 1]);
});
