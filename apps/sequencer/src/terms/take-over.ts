import type { Env } from "@lamina/primitives";
import { nextSubmission } from "@lamina/rollup";
import type { Logger } from "@lamina/telemetry";
import type { SequencerChain } from "../chain-port.ts";
import { type ChainView, pause } from "../chain-view.ts";
import type { Journal } from "../journal/journal.ts";

export interface TakeOverDependencies {
  readonly env: Pick<Env, "timers" | "step">;
  readonly chain: SequencerChain;
  readonly view: ChainView;
  readonly journal: Journal;
  readonly logger: Logger;
}

/**
 * Stands by while another holds the term, and takes the next one when the chain would give it: its holder is out, or left a forced run unserved
 * for too long (T30), or it is ours under a key that was rotated (T64).
 */
export class TakeOver {
  readonly #pollMs: number;
  readonly #deps: TakeOverDependencies;

  constructor(pollMs: number, dependencies: TakeOverDependencies) {
    this.#pollMs = pollMs;
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
      await pause(this.#deps.env, this.#pollMs, signal);
    }
  }

  /** True where a term was taken. */
  async attempt(): Promise<boolean> {
    const { chain, view, journal, env, logger } = this.#deps;
    const { term, acceptedNumber, acceptedHash } = view.term;
    if (term === 0n || nextSubmission(view.term, journal.signerState(chain.operator)).kind !== "standby") return false;
    const next = term + 1n;
    if (!(await chain.canTakeTerm(next, acceptedNumber, acceptedHash))) return false;
    // Written down first: a journal that knows where the term begins is how we later tell it from an old one (I34).
    await journal.appendTerm(next, acceptedNumber, acceptedHash);
    await env.step("sequencer.term-noted");
    await chain.takeTerm(next, acceptedNumber, acceptedHash);
    await view.refresh();
    logger.info("term taken", { term: next, acceptedNumber });
    return true;
  }
}
