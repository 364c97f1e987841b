import type { Env, TimerHandle } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";

export interface Repeating {
  /** Resolves when the round under way is over. */
  stop(): Promise<void>;
}

/** Does `work` again and again, each round `periodMs` after the one before it ended. A round that fails is logged, and tried again at the next. */
export function repeat(
  { env, logger }: { readonly env: Pick<Env, "timers">; readonly logger: Logger },
  periodMs: number,
  what: string,
  work: () => Promise<void>,
): Repeating {
  let isStopped = false;
  let timer: TimerHandle | undefined;
  let round: Promise<void> = Promise.resolve();
  const next = () => {
    timer = env.timers.setTimeout(() => {
      round = work()
        .catch((error: unknown) => logger.warn("a background task failed", { task: what, error }))
        .then(() => {
          if (!isStopped) next();
        });
    }, periodMs);
  };
  next();
  return {
    stop: async () => {
      isStopped = true;
      if (timer !== undefined) env.timers.clearTimeout(timer);
      await round;
    },
  };
}
