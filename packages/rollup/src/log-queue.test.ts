import { SeededRng } from "@lamina/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrive, endOf, type LogQueue, type Segment, settledTo, taken } from "./log-queue.ts";
import { SampleLog } from "./testing/sample-log.ts";

const cut = (_: Segment, rest: Segment) => rest;
const log = new SampleLog(3, 24);

function rowsOf(queue: LogQueue): bigint[] {
  return queue.waiting.flatMap(({ rows }) => rows.map(({ row }) => row.index));
}

describe("a log's queue", () => {
  test("comes out whole and in order, however its segments are cut, repeated and shuffled", () => {
    const whole = fc.property(fc.nat(), (seed) => {
      const rng = new SeededRng(seed);
      const pieces = Array.from({ length: 12 }, () => {
        const from = rng.below(24);
        return log.segment(from, from + 1 + rng.below(24 - from));
      });
      const all = rng.shuffle([...pieces, log.segment(0, 5), log.segment(5, 24)]);
      let queue = log.empty();
      // What comes too early comes again: as many rounds as there are segments always do.
      for (const segment of Array.from({ length: all.length }, () => all).flat()) {
        const arrival = arrive(queue, segment, cut);
        if (arrival.kind === "queued") queue = arrival.queue;
        else expect(arrival.kind).not.toBe("fork");
      }
      expect(rowsOf(queue)).toEqual(log.rows.map(({ index }) => index));
      expect(endOf(queue).head).toEqual(log.head(24));
    });
    fc.assert(whole, { numRuns: 40 });
  });

  test("tells what is missing, and takes nothing before it is there", () => {
    expect(arrive(log.empty(), log.segment(3, 6), cut)).toEqual({ kind: "gap", expected: 0n });
  });

  test("tells a fork by the head at its end (T29)", () => {
    const queue = log.queue(6);
    const other = new SampleLog(4, 24);
    const forked = { ...other.segment(4, 9), previousHead: log.head(4) };
    expect(arrive(queue, forked, cut)).toEqual({ kind: "fork", at: 6n });
    expect(arrive(queue, { ...log.segment(6, 9), previousHead: log.head(5) }, cut)).toEqual({ kind: "fork", at: 6n });
  });

  test("moves its tip past what a block took", () => {
    const queue = taken(log.queue(3, 7, 9), 2);
    expect(queue.tip).toEqual({ count: 7n, head: log.head(7) });
    expect(rowsOf(queue)).toEqual([7n, 8n]);
  });

  test("drops what a forced run settled, and cuts into a segment that it ended in (T67)", () => {
    const queue = settledTo(log.queue(3, 7, 9), { count: 5n, head: log.head(5) }, cut);
    expect(rowsOf(queue)).toEqual([5n, 6n, 7n, 8n]);
    expect(queue.waiting[0]?.previousHead).toEqual(log.head(5));
    expect(settledTo(queue, { count: 1n, head: log.head(1) }, cut)).toBe(queue);
    expect(rowsOf(settledTo(queue, { count: 20n, head: log.head(20) }, cut))).toEqual([]);
  });
});
