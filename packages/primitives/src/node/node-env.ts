import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Env, TimerHandle, Timers } from "../env.ts";
import { crashPoints } from "./crash-points.ts";
import { nodeFiles } from "./node-files.ts";
import { nodeSpawner } from "./node-spawner.ts";

export interface NodeEnvOptions {
  /** Where to crash, as `LAMINA_CRASH_AT` says it; that variable where not given. */
  readonly crashAt?: string;
}

interface NodeTimer extends TimerHandle {
  readonly timer: NodeJS.Timeout;
}

const nodeTimers: Timers = {
  setTimeout: (callback, delayMs) => handleOf(setTimeout(callback, delayMs)),
  clearTimeout: (handle) => clearTimeout((handle as NodeTimer).timer),
  setInterval: (callback, periodMs) => handleOf(setInterval(callback, periodMs)),
  clearInterval: (handle) => clearInterval((handle as NodeTimer).timer),
  sleep: async (durationMs, signal) => {
    try {
      await sleep(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node wraps the reason in an AbortError; the port promises the reason itself.
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};

function handleOf(timer: NodeJS.Timeout): NodeTimer {
  return { timer, unref: () => void timer.unref() };
}

/** The real world, as Node gives it. Made once, in `main.ts`. */
export function nodeEnv(options: NodeEnvOptions = {}): Env {
  const crashAt = options.crashAt ?? process.env["LAMINA_CRASH_AT"];
  return {
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    timers: nodeTimers,
    random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
    files: nodeFiles,
    spawn: nodeSpawner,
    fetch: (input, init) => fetch(input, init),
    // SIGKILL, since a crash runs no handler and flushes nothing.
    step: crashPoints(crashAt, () => void process.kill(process.pid, "SIGKILL")),
  };
}
