export const RESTART_FIRST_MS = 250;
export const RESTART_MAX_MS = 30_000;
/** A process that ran this long is thought healthy: its next failure starts from the shortest wait again. */
export const HEALTHY_AFTER_MS = 60_000;
/** Deaths before the first readiness after which a start is given up. */
export const START_ATTEMPTS_MAX = 3;

export interface RestartState {
  /** Failures in a row. */
  readonly failures: number;
}

/** What to do after a process ended on its own, having run for `ranMs`: how long to wait, and the state for the next time. */
export function afterExit(state: RestartState, ranMs: number): { waitMs: number; next: RestartState } {
  const failures = ranMs >= HEALTHY_AFTER_MS ? 1 : state.failures + 1;
  const waitMs = Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return { waitMs, next: { failures } };
}
