import { compareRuns } from "@lamina/codec";
import { SeededRng } from "@lamina/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogQueue } from "./log-queue.ts";
import { planBlock } from "./plan-block.ts";
import { SampleLog } from "./testing/sample-log.ts";

const logs = Array.from({ length: 5 }, (_, at) => new SampleLog(50 + at, 20));

/** Queues of random cuttings. */
function queuesOf(rng: SeededRng): LogQueue[] {
  return logs.map((log) => {
    const ends = [...new Set(Array.from({ length: 1 + rng.below(5) }, () => 1 + rng.below(20)))].sort((left, right) => left - right);
    return rng.below(4) === 0 ? log.empty() : log.queue(...ends);
  });
}

describe("the next block", () => {
  test("keeps its limits, takes whole segments from the front, in the order of runs, and something whenever anything fits", () => {
    const sound = fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 6 }), (seed, rowsMax, runsMax) => {
      const queues = queuesOf(new SeededRng(seed));
      const plan = planBlock(queues, { rowsMax, runsMax });
      const fits = queues.some(({ waiting }) => waiting[0] !== undefined && waiting[0].rows.length <= rowsMax);
      expect(plan !== undefined).toBe(fits);
      if (plan === undefined) return;
      expect(plan.rows).toBeLessThanOrEqual(rowsMax);
      expect(plan.runs.length).toBeLessThanOrEqual(runsMax);
      expect(plan.rows).toBe(plan.runs.reduce((sum, { segments }) => sum + segments.reduce((rows, each) => rows + each.rows.length, 0), 0));
      for (const { queue, segments } of plan.runs) expect(segments).toEqual(queue.waiting.slice(0, segments.length));
      plan.runs.forEach(({ queue }, at) => {
        const before = plan.runs[at - 1];
        if (before !== undefined) expect(compareRuns(before.queue.log, queue.log)).toBeLessThan(0);
      });
    });
    fc.assert(sound, { numRuns: 200 });
  });

  test("a busy log does not keep a quiet one out: each gets its first segment before any gets a second (T30)", () => {
    const [busy, quiet] = logs;
    if (busy === undefined || quiet === undefined) throw new Error("no logs");
    const plan = planBlock([busy.queue(4, 8, 12, 16, 20), quiet.queue(2)], { rowsMax: 10, runsMax: 10 });
    expect(plan?.runs.map(({ queue, segments }) => [queue.log === quiet.log, segments.length]).sort()).toEqual([
      [false, 2],
      [true, 1],
    ]);
  });

  test("is none where nothing waits, or the only segment never fits", () => {
    const [log] = logs;
    if (log === undefined) throw new Error("no logs");
    expect(planBlock([log.empty()], { rowsMax: 10, runsMax: 10 })).toBeUndefined();
    expect(planBlock([log.queue(11)], { rowsMax: 10, runsMax: 10 })).toBeUndefined();
  });
});
