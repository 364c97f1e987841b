import type { Env } from "@lamina/primitives";
import type { ChainTerm } from "@lamina/rollup";
import type { Logger, Metrics } from "@lamina/telemetry";
import type { ChainLimits, SequencerChain } from "./chain-port.ts";

export interface ChainViewOptions {
  readonly pollMs: number;
  /** Parameters change by governance alone. */
  readonly limitsPollMs: number;
}

export interface ChainViewDependencies {
  readonly env: Pick<Env, "timers" | "clock">;
  readonly chain: SequencerChain;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What the chain said last. It may be a little old at any time; nothing that is signed depends on its being new. */
export class ChainView {
  readonly #options: ChainViewOptions;
  readonly #deps: ChainViewDependencies;
  readonly #heightGauge;
  #height = 0n;
  #term: ChainTerm | undefined;
  #limits: ChainLimits | undefined;
  #limitsReadMs = 0;
  #readMs = 0;
  #isReachable = true;
  readonly #onTerm: (() => void)[] = [];

  constructor(options: ChainViewOptions, dependencies: ChainViewDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#heightGauge = dependencies.metrics.gauge({ name: "lamina_sequencer_chain_height", help: "Latest chain height seen" });
  }

  get height(): bigint {
    return this.#height;
  }

  /** Whether the chain was read within the last `ageMs`: what is older may be another's term by now. */
  isFresh(ageMs: number): boolean {
    return this.#deps.env.clock.monotonicMs() - this.#readMs <= ageMs;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** Throws before the first `refresh`. */
  get term(): ChainTerm {
    return known(this.#term);
  }

  get limits(): ChainLimits {
    return known(this.#limits);
  }

  /** Called whenever another term has begun. */
  onTerm(listener: () => void): void {
    this.#onTerm.push(listener);
  }

  /** Reads all anew. Throws where the node does not answer. */
  async refresh(): Promise<void> {
    const { chain, env } = this.#deps;
    const askedMs = env.clock.monotonicMs();
    const [height, term] = [await chain.height(), await chain.term()];
    const nowMs = env.clock.monotonicMs();
    if (this.#limits === undefined || nowMs - this.#limitsReadMs > this.#options.limitsPollMs) {
      this.#limits = await chain.limits();
      this.#limitsReadMs = nowMs;
    }
    if (height > this.#height) this.#height = height;
    // An answer of a slower node must not take an accepted block back.
    const before = this.#term;
    if (before === undefined || term.term > before.term || (term.term === before.term && term.acceptedNumber >= before.acceptedNumber))
      this.#term = term;
    if (before !== undefined && term.term > before.term) this.#onTerm.forEach((listener) => listener());
    this.#readMs = askedMs;
    this.#heightGauge.set(Number(this.#height));
  }

  /** Keeps refreshing until `signal` aborts. A node that does not answer is told once and asked on. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.refresh();
        if (!this.#isReachable) this.#deps.logger.info("chain answers again");
        this.#isReachable = true;
      } catch (error) {
        if (this.#isReachable) this.#deps.logger.warn("chain does not answer", { error });
        this.#isReachable = false;
      }
      await pause(this.#deps.env, this.#options.pollMs, signal);
    }
  }
}

/** A sleep that an abort ends early and quietly. */
export async function pause(env: Pick<Env, "timers">, durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await env.timers.sleep(durationMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the chain was not read yet");
  return value;
}
