import type { Clock, TimerHandle, Timers } from "@lamina/primitives";

interface Waiting extends TimerHandle {
  dueMs: number;
  readonly order: number;
  readonly periodMs: number | undefined;
  readonly callback: () => void;
}

/** Time that moves only when told to. Timers fire in order of due time, then of their setting. */
export class FakeTime {
  readonly #startMs: number;
  #elapsedMs = 0;
  #orders = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  readonly clock: Clock = { nowMs: () => this.#startMs + this.#elapsedMs, monotonicMs: () => this.#elapsedMs };

  readonly timers: Timers = {
    setTimeout: (callback, delayMs) => this.#add(callback, delayMs, undefined),
    clearTimeout: (handle) => void this.#waiting.delete(handle as Waiting),
    setInterval: (callback, periodMs) => this.#add(callback, periodMs, Math.max(1, periodMs)),
    clearInterval: (handle) => void this.#waiting.delete(handle as Waiting),
    sleep: (durationMs, signal) => this.#sleep(durationMs, signal),
  };

  get pendingTimers(): number {
    return this.#waiting.size;
  }

  /** Moves time by `durationMs`, firing what falls due on the way; promises settle after each timer, so chains of sleeps run as in real time. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + durationMs;
    await settle();
    for (let next = this.#earliest(); next !== undefined && next.dueMs <= untilMs; next = this.#earliest()) {
      this.#fire(next);
      await settle();
    }
    this.#elapsedMs = untilMs;
  }

  /** Moves time to the next timer and fires it; false where none waits. */
  async advanceToNext(): Promise<boolean> {
    await settle();
    const next = this.#earliest();
    if (next === undefined) return false;
    this.#fire(next);
    await settle();
    return true;
  }

  /** Advances from timer to timer until `promise` settles: for awaiting code that sleeps. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    for (await settle(); !settled; await settle()) {
      if (!(await this.advanceToNext()) && !settled) throw new Error("the promise waits for something other than time: no timer is left to fire");
    }
    return promise;
  }

  #add(callback: () => void, delayMs: number, periodMs: number | undefined): Waiting {
    const dueMs = this.#elapsedMs + Math.max(0, delayMs);
    const waiting: Waiting = { dueMs, order: this.#orders++, periodMs, callback, unref: () => undefined };
    this.#waiting.add(waiting);
    return waiting;
  }

  #earliest(): Waiting | undefined {
    let earliest: Waiting | undefined;
    for (const one of this.#waiting) {
      if (earliest === undefined || one.dueMs < earliest.dueMs || (one.dueMs === earliest.dueMs && one.order < earliest.order)) earliest = one;
    }
    return earliest;
  }

  #fire(waiting: Waiting): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, waiting.dueMs);
    if (waiting.periodMs === undefined) this.#waiting.delete(waiting);
    else waiting.dueMs += waiting.periodMs;
    waiting.callback();
  }

  #sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#waiting.delete(waiting);
        reject(signal?.reason);
      };
      const waiting = this.#add(
        () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
        durationMs,
        undefined,
      );
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}

/** Lets every promise that can settle without time passing do so. A real macrotask comes after all microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
