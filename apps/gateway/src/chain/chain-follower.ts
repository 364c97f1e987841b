import type { Env, TimerHandle } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import { GatewayError } from "../gateway-error.ts";
import type { ChainLane, ChainSnapshot, ChainSource } from "./chain-snapshot.ts";

export interface ChainFollowerOptions {
  readonly heightPeriodMs: number;
  readonly statePeriodMs: number;
  /** Beyond this age a snapshot is not used: heights would be guesses. */
  readonly staleAfterMs: number;
}

export interface ChainFollowerDependencies {
  readonly env: Pick<Env, "clock" | "timers">;
  readonly source: ChainSource;
  readonly logger: Logger;
  /** Lanes to read, at each round. */
  readonly lanes: () => readonly bigint[];
}

/** Keeps the latest snapshot of the chain. What it does not know it does not guess: without a fresh one jobs are refused. */
export class ChainFollower {
  readonly #options: ChainFollowerOptions;
  readonly #dependencies: ChainFollowerDependencies;
  #snapshot: ChainSnapshot | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #stateAtMs = Number.NEGATIVE_INFINITY;
  #timer: TimerHandle | undefined;
  #isRunning = false;
  #isFailing = false;

  constructor(options: ChainFollowerOptions, dependencies: ChainFollowerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Reads once, then keeps reading. A chain that does not answer yet is no error: the gateway is not ready until it does. */
  async start(): Promise<void> {
    this.#isRunning = true;
    await this.#round();
  }

  stop(): void {
    this.#isRunning = false;
    if (this.#timer !== undefined) this.#dependencies.env.timers.clearTimeout(this.#timer);
  }

  /** The latest snapshot; undefined before the first and once it is stale. */
  get latest(): ChainSnapshot | undefined {
    const ageMs = this.#dependencies.env.clock.monotonicMs() - this.#readAtMs;
    return ageMs <= this.#options.staleAfterMs ? this.#snapshot : undefined;
  }

  /** Throws `GatewayError` (`not_ready`) where there is no fresh snapshot. */
  require(): ChainSnapshot {
    const { latest } = this;
    if (latest === undefined) throw new GatewayError("not_ready", "the settlement chain does not answer", { retryAfterSeconds: 2 });
    return latest;
  }

  /** Any lane, read now. */
  lane(id: bigint): Promise<ChainLane | undefined> {
    return this.#dependencies.source.lane(id);
  }

  /** Reads everything at the next round, which starts now. */
  async refresh(): Promise<void> {
    this.#stateAtMs = Number.NEGATIVE_INFINITY;
    await this.#read();
  }

  async #round(): Promise<void> {
    try {
      await this.#read();
      if (this.#isFailing) this.#dependencies.logger.info("the chain answers again");
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#dependencies.logger.warn("the chain does not answer", { error });
      this.#isFailing = true;
    }
    if (!this.#isRunning) return;
    this.#timer = this.#dependencies.env.timers.setTimeout(() => void this.#round(), this.#options.heightPeriodMs);
  }

  async #read(): Promise<void> {
    const { source, env, lanes } = this.#dependencies;
    const startedMs = env.clock.monotonicMs();
    const height = await source.height();
    const isStateOld = startedMs - this.#stateAtMs >= this.#options.statePeriodMs;
    const state = isStateOld || this.#snapshot === undefined ? await source.read(lanes()) : this.#snapshot;
    if (isStateOld) this.#stateAtMs = startedMs;
    // A node behind a balancer may answer with an older height than one before it did.
    const highest = this.#snapshot !== undefined && this.#snapshot.height > height ? this.#snapshot.height : height;
    this.#snapshot = { ...state, height: highest };
    this.#readAtMs = startedMs;
  }
}
