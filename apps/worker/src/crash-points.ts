import type { Env } from "@lamina/primitives";

/** Every place of the worker where a crash would be interesting, in the order in which a job passes them. For `LAMINA_CRASH_AT` and fault tests. */
export const CRASH_POINTS = [
  "worker.job.accepted",
  "worker.job.run",
  "worker.log.append",
  "worker.log.appended",
  "worker.log.synced",
  "worker.log.signed",
  "worker.job.answer",
  "worker.run.publish",
  "worker.run.published",
  "worker.log.roll",
  "worker.log.drop",
  "worker.force.send",
  "worker.force.sent",
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Passes a place; to be awaited only where it gives a promise, which in production it never does. */
export function passPoint(env: Pick<Env, "step">, point: CrashPoint): void | Promise<void> {
  return env.step(point);
}
