import type { Env } from "@lamina/primitives";
import { nextSubmission } from "@lamina/rollup";
import type { Logger } from "@lamina/telemetry";
import type { SequencerChain } from "../chain-port.ts";
import { type ChainView, pause } from "../chain-view.ts";
import type { Journal } from "../journal/journal.ts";
import type { LeftLying } from "./left-lying.ts";

export interface TakeOverOptions {
  /** Between two looks. */
  readonly pollMs: number;
  /** How long a run may lie before its holder counts as gone. */
  readonly lyingMs: number;
}

export interface TakeOverDependencies {
  readonly env: Pick<Env, "timers" | "clock" | "step">;
  readonly chain: SequencerChain;
  readonly view: ChainView;
  readonly journal: Journal;
  readonly leftLying: LeftLying;
  readonly logger: Logger;
}

/**
 * Stands by while another holds the term, and takes the next one when the chain would give it: its holder is out, or left a forced run unserved
 * for too long and still leaves work lying (T30), or it is ours under a key that was rotated (T64). A holder that is there and only has nothing to do
 * keeps its term: or else two that are well would take it from each other for ever.
 */
export class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #deps: TakeOverDependencies;

  constructor(options: TakeOverOptions, dependencies: TakeOverDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.attempt();
      } catch (error) {
        // Another may have been faster, or the chain moved: the next look will tell.
        this.#deps.logger.warn("term could not be taken", { error });
      }
      await pause(this.#deps.env, this.#options.pollMs, signal);
    }
  }

  /** True where a term was taken. */
  async attempt(): Promise<boolean> {
    const { chain, view, journal, env, logger } = this.#deps;
    const { term, acceptedNumber, acceptedHash } = view.term;
    if (term === 0n || nextSubmission(view.term, journal.signerState(chain.operator)).kind !== "standby") return false;
    const next = term + 1n;
    if (!(await chain.canTakeTerm(next, acceptedNumber, acceptedHash)) || !(await this.#isForsaken())) return false;
    // Written down first: a journal that knows where the term begins is how we later tell it from an old one (I34).
    await journal.appendTerm(next, acceptedNumber, acceptedHash);
    await env.step("sequencer.term-noted");
    await chain.takeTerm(next, acceptedNumber, acceptedHash);
    await view.refresh();
    logger.info("term taken", { term: next, acceptedNumber });
    return true;
  }

  async #isForsaken(): Promise<boolean> {
    const { chain, view, env, leftLying } = this.#deps;
    const { operator } = view.term;
    if (operator === chain.operator || (await chain.isSequencerOut(operator))) return true;
    return leftLying.isAny(chain, env.clock.monotonicMs() - this.#options.lyingMs);
  }
}
