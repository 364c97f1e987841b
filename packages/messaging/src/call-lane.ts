import type { Env, TimerHandle } from "@lamina/primitives";
import { BUNDLE_ENTRIES_MAX } from "./bundles.ts";

export interface CallLaneOptions {
  /** Longest that a call waits for company while others to its service are under way; 0: not beyond its turn. */
  readonly gatherMs: number;
  /** Payload bytes that leave together. */
  readonly bytesMax: number;
}

/**
 * Calls to one service on their way out. With none under way a call leaves at once, with those of the same turn; while some are, calls gather for a
 * moment and leave together. Whoever asks alone waits for nothing.
 */
export class CallLane<Call extends { readonly payload: Uint8Array }> {
  readonly #options: CallLaneOptions;
  readonly #timers: Env["timers"];
  readonly #send: (calls: readonly Call[]) => void;
  #waiting: Call[] = [];
  #bytes = 0;
  #underWay = 0;
  #isPlanned = false;
  #timer: TimerHandle | undefined;

  constructor(options: CallLaneOptions, dependencies: { readonly timers: Env["timers"] }, send: (calls: readonly Call[]) => void) {
    this.#options = options;
    this.#timers = dependencies.timers;
    this.#send = send;
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0;
  }

  add(call: Call): void {
    const isFull = this.#waiting.length === BUNDLE_ENTRIES_MAX || this.#bytes + call.payload.length > this.#options.bytesMax;
    if (isFull) this.#leave();
    this.#waiting.push(call);
    this.#bytes += call.payload.length;
    if (this.#underWay === 0 || this.#options.gatherMs === 0) this.#plan();
    else this.#timer ??= this.#timers.setTimeout(() => this.#leave(), this.#options.gatherMs);
  }

  /** The call is over, answered or not. True where it had not left yet, and now never will. */
  end(call: Call): boolean {
    const at = this.#waiting.indexOf(call);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      this.#bytes -= call.payload.length;
      return true;
    }
    this.#underWay -= 1;
    if (this.#underWay === 0 && this.#waiting.length > 0) this.#plan();
    return false;
  }

  /** After this turn's microtasks, so that calls made together leave together. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#leave();
    });
  }

  #leave(): void {
    if (this.#timer !== undefined) this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const calls = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#underWay += calls.length;
    this.#send(calls);
  }
}
