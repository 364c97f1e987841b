import { type Outcome, outcomeName, reasonName } from "@lamina/codec";
import type { IndexedException } from "@lamina/db";
import type { rollup } from "@lamina/protocol";

export type Exceptions = readonly IndexedException[];

/** Runs as an event tells them, with names for people. */
export function exceptionsOf(runs: readonly rollup.ExceptionRun[]): Exceptions {
  return runs.map(({ first, count, outcome, reason }) => ({
    first,
    count,
    outcome: outcomeName(outcome as Outcome) ?? `outcome ${outcome}`,
    reason: reasonName(outcome as Outcome, reason) ?? `reason ${reason}`,
  }));
}

/** How one row stands: by the run that covers it, else paid. `exceptions` ascend, so the run is found by halving. */
export function outcomeAt(exceptions: Exceptions, position: number): { outcome: string; reason: string } {
  let low = 0;
  let high = exceptions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const run = exceptions[middle];
    if (run !== undefined && run.first + run.count <= position) low = middle + 1;
    else high = middle;
  }
  const found = exceptions[low];
  return found !== undefined && found.first <= position ? { outcome: found.outcome, reason: found.reason } : { outcome: "paid", reason: "" };
}
