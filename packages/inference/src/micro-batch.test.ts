import { describe, expect, test } from "vitest";
import { type BatchLimits, nextBatch, partSizes, type Waiting } from "./micro-batch.ts";

const limits = (itemsMax: number, addedDelayMaxMs = 0): BatchLimits => ({ itemsMax: () => itemsMax, addedDelayMaxMs });
const part = (profile: number, items: number, sinceMs = 0, alone = false): Waiting => ({ profile, items, sinceMs, alone });

describe("which parts run next", () => {
  test("nothing where nothing waits", () => {
    expect(nextBatch([], 0, limits(4))).toEqual({ kind: "nothing" });
  });

  test("the oldest decides the profile, later ones of that profile join while they fit", () => {
    const waiting = [part(2, 1), part(1, 1), part(2, 2), part(2, 2), part(2, 1)];
    expect(nextBatch(waiting, 0, limits(4))).toEqual({ kind: "run", parts: [waiting[0], waiting[2], waiting[4]] });
  });

  test("a batch that is not full waits for company, at most as long as is allowed", () => {
    const waiting = [part(1, 1, 10)];
    expect(nextBatch(waiting, 12, limits(4, 5))).toEqual({ kind: "wait", delayMs: 3 });
    expect(nextBatch(waiting, 15, limits(4, 5))).toEqual({ kind: "run", parts: waiting });
    expect(nextBatch([part(1, 4, 10)], 10, limits(4, 5))).toMatchObject({ kind: "run" });
  });

  test("what once failed in company goes alone", () => {
    const suspect = part(1, 1, 0, true);
    expect(nextBatch([suspect, part(1, 1)], 0, limits(4))).toEqual({ kind: "run", parts: [suspect] });
    const first = part(1, 1);
    expect(nextBatch([first, suspect], 0, limits(4))).toEqual({ kind: "run", parts: [first] });
  });
});

test("a request is cut into parts that fit", () => {
  expect(partSizes(10, 4)).toEqual([4, 4, 2]);
  expect(partSizes(8, 4)).toEqual([4, 4]);
  expect(partSizes(1, 4)).toEqual([1]);
});
