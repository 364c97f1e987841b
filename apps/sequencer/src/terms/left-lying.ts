import type { LogId } from "@lamina/codec";
import type { SequencerChain } from "../chain-port.ts";
import { logKey } from "../intake/log-shelf.ts";

interface Lying {
  readonly log: LogId;
  /** Rows of the log once the run is settled. */
  readonly count: bigint;
  readonly sinceMs: number;
}

const LOGS_MAX = 10_000;

/**
 * The runs that came by while another held the term, one for each log: the oldest that the chain may not have yet. It tells a holder that is gone from
 * one that has nothing to do: a forced run stays marked on the chain until its worker has new results, and no sequencer can serve it before.
 */
export class LeftLying {
  readonly #lying = new Map<string, Lying>();

  note(log: LogId, count: bigint, nowMs: number): void {
    const key = logKey(log);
    if (this.#lying.has(key) || this.#lying.size >= LOGS_MAX) return;
    this.#lying.set(key, { log, count, sinceMs: nowMs });
  }

  clear(): void {
    this.#lying.clear();
  }

  /** Whether a run that came by before `beforeMs` is not on the chain. Forgets those that are. */
  async isAny(chain: Pick<SequencerChain, "logTip">, beforeMs: number): Promise<boolean> {
    for (const [key, { log, count, sinceMs }] of this.#lying) {
      const tip = await chain.logTip(log);
      if (tip.count >= count) this.#lying.delete(key);
      else if (sinceMs < beforeMs) return true;
    }
    return false;
  }
}
