import { BaseError, type Env, isRetryable, type PublicKey, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import { type ChainFacts, readFacts, readRules, type SettlementRules, type WorkerChain } from "./chain-facts.ts";

/** The chain knows no such worker key. */
export class NotRegisteredError extends BaseError<"NOT_REGISTERED"> {
  readonly details: { readonly worker: string };
  constructor(worker: PublicKey) {
    super("NOT_REGISTERED", `the chain knows no worker with the key ${toHex(worker)}: register it first`);
    this.details = { worker: toHex(worker) };
  }
}

export interface FollowerOptions {
  readonly worker: PublicKey;
  readonly pollMs: number;
}

export interface FollowerDependencies {
  readonly env: Pick<Env, "clock" | "timers">;
  readonly chain: WorkerChain;
  readonly logger: Logger;
}

/** Polls between two readings of the parameters. */
const RULES_EVERY = 120;

/** Keeps the facts fresh by asking the node again and again, and tells its listeners of each new reading. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #deps: FollowerDependencies;
  readonly #listeners: ((facts: ChainFacts) => void)[] = [];
  readonly #stop = new AbortController();
  #facts: ChainFacts;
  #rules: SettlementRules;
  #loop: Promise<void> = Promise.resolve();
  #isReachable = true;
  #rulesTurn = 0;

  private constructor(options: FollowerOptions, dependencies: FollowerDependencies, facts: ChainFacts) {
    this.#options = options;
    this.#deps = dependencies;
    this.#facts = facts;
    this.#rules = facts.rules;
  }

  /** Reads once. Throws `NotRegisteredError`, `ChainUnreachableError`. */
  static async start(options: FollowerOptions, dependencies: FollowerDependencies): Promise<Follower> {
    const { chain, env } = dependencies;
    const readAtMs = env.clock.monotonicMs();
    const facts = await readFacts(chain, options.worker, await readRules(chain), { height: await chain.height(), readAtMs });
    if (facts === undefined) throw new NotRegisteredError(options.worker);
    return new Follower(options, dependencies, facts);
  }

  get facts(): ChainFacts {
    return this.#facts;
  }

  /** How old the facts are. */
  ageMs(): number {
    return this.#deps.env.clock.monotonicMs() - this.#facts.readAtMs;
  }

  onFacts(listener: (facts: ChainFacts) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins to poll. */
  follow(): void {
    this.#loop = this.#poll();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #poll(): Promise<void> {
    for (let turn = 1; ; turn++) {
      try {
        await this.#deps.env.timers.sleep(this.#options.pollMs, this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        throw error;
      }
      await this.#read(turn);
    }
  }

  async #read(turn: number): Promise<void> {
    try {
      const facts = await this.#readNew(turn);
      if (!this.#isReachable) this.#deps.logger.info("the chain answers again", { height: facts.height });
      this.#isReachable = true;
      const isNew = facts.height > this.#facts.height;
      this.#facts = facts;
      if (isNew) for (const listener of this.#listeners) listener(facts);
    } catch (error) {
      if (this.#isReachable) this.#deps.logger.warn("the chain cannot be read", { error, retryable: isRetryable(error) });
      this.#isReachable = false;
    }
  }

  /** Within one height nothing changes, so that one small question is enough; a node that lags behind what we saw is told nothing new by. */
  async #readNew(turn: number): Promise<ChainFacts> {
    const { chain, env } = this.#deps;
    const readAtMs = env.clock.monotonicMs();
    const height = await chain.height();
    if (height === this.#facts.height) return { ...this.#facts, readAtMs };
    if (height < this.#facts.height) return this.#facts;
    if (turn >= this.#rulesTurn + RULES_EVERY) {
      this.#rules = await readRules(chain);
      this.#rulesTurn = turn;
    }
    const facts = await readFacts(chain, this.#options.worker, this.#rules, { height, readAtMs });
    if (facts === undefined) throw new NotRegisteredError(this.#options.worker);
    return facts;
  }
}
