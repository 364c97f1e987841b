import { expect, test } from "vitest";
import { afterExit, HEALTHY_AFTER_MS, RESTART_FIRST_MS, RESTART_MAX_MS } from "./restart-policy.ts";

test("waits double with each failure, up to the longest", () => {
  let state = { failures: 0 };
  const waits: number[] = [];
  for (let count = 0; count < 10; count++) {
    const { waitMs, next } = afterExit(state, 10);
    waits.push(waitMs);
    state = next;
  }
  expect(waits.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
  expect(waits.at(-1)).toBe(RESTART_MAX_MS);
});

test("who ran long enough starts from the shortest wait again", () => {
  expect(afterExit({ failures: 9 }, HEALTHY_AFTER_MS)).toEqual({ waitMs: RESTART_FIRST_MS, next: { failures: 1 } });
  expect(afterExit({ failures: 9 }, HEALTHY_AFTER_MS - 1).waitMs).toBe(RESTART_MAX_MS);
});

test("a thousand failures in a row overflow nothing", () => {
  expect(afterExit({ failures: 1_000 }, 0).waitMs).toBe(RESTART_MAX_MS);
});
