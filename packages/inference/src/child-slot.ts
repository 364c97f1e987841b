import type { Env } from "@lamina/primitives";
import { backoffMs } from "@lamina/primitives";
import type { ChildProcess } from "./child-process.ts";

export interface ChildSlotOptions {
  /** Starts a process and loads the model into it. */
  readonly make: () => Promise<ChildProcess>;
  readonly onReady: (child: ChildProcess, loadMs: number) => void;
  readonly onLost: (error: Error, restartInMs: number) => void;
}

const RESTART = { baseDelayMs: 200, maxDelayMs: 30_000 };

/** A place for one inference process: what dies there is replaced, less and less eagerly, until the slot is stopped. */
export class ChildSlot {
  readonly #options: ChildSlotOptions;
  readonly #env: Pick<Env, "clock" | "timers" | "random">;
  readonly #stop = new AbortController();
  #child: ChildProcess | undefined;
  #kept: Promise<void> = Promise.resolve();

  constructor(options: ChildSlotOptions, env: Pick<Env, "clock" | "timers" | "random">) {
    this.#options = options;
    this.#env = env;
  }

  /** The process, while it lives and holds the model. */
  get child(): ChildProcess | undefined {
    return this.#child;
  }

  /** Throws what the first start failed with; only after a first success are later deaths mended. */
  async start(): Promise<void> {
    await this.#fill();
    this.#kept = this.#keep();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#child?.stop();
    await this.#kept;
  }

  async #fill(): Promise<void> {
    const startMs = this.#env.clock.monotonicMs();
    const child = await this.#options.make();
    if (this.#stop.signal.aborted) return child.stop();
    this.#child = child;
    this.#options.onReady(child, this.#env.clock.monotonicMs() - startMs);
  }

  async #keep(): Promise<void> {
    for (let failures = 0; ; ) {
      const bornMs = this.#env.clock.monotonicMs();
      const error = await this.#child?.lost;
      this.#child = undefined;
      if (this.#stop.signal.aborted) return;
      // A process that lived for long died of something new.
      failures = this.#env.clock.monotonicMs() - bornMs > RESTART.maxDelayMs ? 1 : failures + 1;
      failures = await this.#refill(error ?? new Error("the process was lost"), failures);
      if (this.#child === undefined) return;
    }
  }

  /** Tries until a process is up or the slot stops; returns the failures so far. */
  async #refill(first: Error, failuresBefore: number): Promise<number> {
    let error = first;
    for (let failures = failuresBefore; ; failures += 1) {
      const restartInMs = backoffMs(this.#env, RESTART, failures);
      this.#options.onLost(error, restartInMs);
      if (!(await this.#sleep(restartInMs))) return failures;
      try {
        await this.#fill();
        return failures;
      } catch (caught) {
        error = caught instanceof Error ? caught : new Error(String(caught));
      }
    }
  }

  /** False where the slot was stopped meanwhile. */
  async #sleep(durationMs: number): Promise<boolean> {
    try {
      await this.#env.timers.sleep(durationMs, this.#stop.signal);
      return true;
    } catch (error) {
      if (this.#stop.signal.aborted) return false;
      throw error;
    }
  }
}
