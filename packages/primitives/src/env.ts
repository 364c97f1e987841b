import type { FileSystem } from "./file-system.ts";
import type { ProcessSpawner } from "./process-spawner.ts";

export interface Clock {
  /** Wall time, milliseconds since 1970; may jump. */
  nowMs(): number;
  /** Milliseconds since some fixed moment; never goes back. For durations. */
  monotonicMs(): number;
}

export interface TimerHandle {
  /** Lets the process end although the timer waits. */
  unref(): void;
}

export interface Timers {
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  setInterval(callback: () => void, periodMs: number): TimerHandle;
  clearInterval(handle: TimerHandle): void;
  /** Rejects with the signal's reason once it aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Bytes fit for keys and salts (in simulations: seeded). */
  bytes(count: number): Uint8Array;
}

/**
 * Everything that makes a run of our code differ from the next: time, chance, files, processes, the network. Code takes it as a dependency and
 * reaches none of these otherwise, so that the whole execution layer can run in one seeded simulation. Makers: `./node`, `./browser`.
 */
export interface Env {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly files: FileSystem;
  readonly spawn: ProcessSpawner;
  readonly fetch: typeof fetch;
  /**
   * Marks a place where a crash would be interesting. Free in production; the node maker kills its own process at the n-th passing of a place
   * named by `LAMINA_CRASH_AT=<name>[:n]`.
   */
  step(name: string): void | Promise<void>;
}
