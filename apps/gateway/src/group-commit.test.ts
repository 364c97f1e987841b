import { expect, test } from "vitest";
import { GroupCommit } from "./group-commit.ts";

test("what waits shares the next write, in order and at most so many at once", async () => {
  const groups: number[][] = [];
  const commit = new GroupCommit<number>({ groupMax: 3 }, async (entries) => {
    groups.push([...entries]);
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
  await Promise.all([1, 2, 3, 4, 5].map((entry) => commit.add(entry)));
  expect(groups).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  await commit.add(6);
  await commit.idle();
  expect(groups.at(-1)).toEqual([6]);
});

test("a write that fails is told to all of its group and to nobody else", async () => {
  const commit = new GroupCommit<number>({ groupMax: 2 }, async (entries) => {
    if (entries.includes(1)) throw new Error("disk full");
  });
  const results = await Promise.allSettled([0, 1, 2].map((entry) => commit.add(entry)));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
});
