import type { ProcessPlan } from "../plan/process-plan.ts";

/** A plan of a shell command that serves at once and ends at SIGTERM; `changes` spoil or extend it. */
export function planOf(name: string, changes: Partial<ProcessPlan> = {}): ProcessPlan {
  return {
    name,
    command: "/bin/sh",
    args: ["-c", "echo started; exec sleep 1000"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    ports: [],
    readiness: { kind: "running" },
    readyTimeoutMs: 20_000,
    after: [],
    stopSignal: "SIGTERM",
    stopGraceMs: 5_000,
    ...changes,
  };
}
