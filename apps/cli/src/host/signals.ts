import type { Signal } from "@lamina/primitives";

/** Sends signals to processes that are not our children; the one place that does. */
export interface Signals {
  /** False where there is no such process (any more). */
  send(pid: number, signal: Signal): boolean;
  /** To the whole process group that `pid` leads. */
  sendToGroup(pid: number, signal: Signal): boolean;
}

export const hostSignals: Signals = {
  send: (pid, signal) => attempt(pid, signal),
  sendToGroup: (pid, signal) => attempt(-pid, signal),
};

function attempt(target: number, signal: Signal): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
