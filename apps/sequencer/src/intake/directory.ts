import type { LogId, Row } from "@lamina/codec";
import { bytesEqual, type ModelId, type PublicKey, toHex } from "@lamina/primitives";
import type { Segment } from "@lamina/rollup";
import type { Registered, SequencerChain } from "../chain-port.ts";

const ENTRIES_MAX = 50_000;

/** What is unknown to the chain, or that all is known since the height that is given. */
export type Known = { readonly kind: "known"; readonly sinceHeight: bigint } | { readonly kind: "unknown"; readonly what: string };

/**
 * What the chain has registered, remembered: nothing that exists ever ceases to (docs/spec/settlement.md), so a positive answer holds for ever.
 * A negative one is asked again each time.
 */
export class Directory {
  readonly #chain: SequencerChain;
  readonly #workers = new Map<string, Registered>();
  readonly #models = new Map<string, Registered>();
  readonly #lanes = new Map<bigint, Registered & { readonly spenderKey: PublicKey }>();

  constructor(chain: SequencerChain) {
    this.#chain = chain;
  }

  /** Whether a block may hold the segment, and from which reference height on (T66). */
  async knows(log: LogId, segment: Segment): Promise<Known> {
    const worker = await this.#worker(log.worker);
    if (worker === undefined) return { kind: "unknown", what: `worker key ${toHex(log.worker)}` };
    let sinceHeight = worker.registeredHeight;
    let before: Row | undefined;
    for (const { row } of segment.rows) {
      // Most rows of a run are of one model and lane, and there are thousands of them a second.
      if (before !== undefined && row.lane === before.lane && bytesEqual(row.model, before.model)) continue;
      before = row;
      const model = await this.#model(row.model);
      if (model === undefined) return { kind: "unknown", what: `model ${toHex(row.model)}` };
      const lane = await this.lane(row.lane);
      if (lane === undefined) return { kind: "unknown", what: `lane ${row.lane}` };
      for (const { registeredHeight } of [model, lane]) if (registeredHeight > sinceHeight) sinceHeight = registeredHeight;
    }
    return { kind: "known", sinceHeight };
  }

  async knowsWorker(key: PublicKey): Promise<boolean> {
    return (await this.#worker(key)) !== undefined;
  }

  async lane(lane: bigint): Promise<(Registered & { readonly spenderKey: PublicKey }) | undefined> {
    return this.#lanes.get(lane) ?? remember(this.#lanes, lane, await this.#chain.lane(lane));
  }

  async #worker(key: PublicKey): Promise<Registered | undefined> {
    const name = toHex(key);
    return this.#workers.get(name) ?? remember(this.#workers, name, await this.#chain.workerKey(key));
  }

  async #model(model: ModelId): Promise<Registered | undefined> {
    const name = toHex(model);
    return this.#models.get(name) ?? remember(this.#models, name, await this.#chain.model(model));
  }
}

function remember<Key, Value>(cache: Map<Key, Value>, key: Key, value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined;
  if (cache.size >= ENTRIES_MAX) cache.clear();
  cache.set(key, value);
  return value;
}
