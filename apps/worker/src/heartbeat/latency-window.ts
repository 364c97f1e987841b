const SAMPLES = 128;

/** The median of the last 128 durations. */
export class LatencyWindow {
  readonly #samples: number[] = [];
  #next = 0;

  add(durationMs: number): void {
    this.#samples[this.#next] = durationMs;
    this.#next = (this.#next + 1) % SAMPLES;
  }

  /** 0 before the first. */
  medianMs(): number {
    const sorted = [...this.#samples].sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}
