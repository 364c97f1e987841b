import { type PublicKey, publicKey, toHex } from "@lamina/primitives";
import type { escrow } from "@lamina/protocol";
import type { WorkerChain } from "./chain-facts.ts";

/** A lane as the chain had it at some height. */
export interface LaneFacts {
  readonly id: bigint;
  readonly spender: PublicKey;
  readonly balance: bigint;
  readonly endHeight: bigint;
  readonly isClosed: boolean;
  readonly levels: readonly number[];
  /** Model ids in hex; undefined: all. */
  readonly models: ReadonlySet<string> | undefined;
}

interface Entry {
  readonly lane: LaneFacts | undefined;
  readonly height: bigint;
}

const ENTRIES_MAX = 10_000;

/** The lanes in use, each read anew when a job wants it and the chain has moved on. One question at a time for each. */
export class LaneBook {
  readonly #chain: Pick<WorkerChain, "lane">;
  readonly #tipHeight: () => bigint;
  readonly #entries = new Map<bigint, Entry>();
  readonly #reading = new Map<bigint, Promise<void>>();

  /** `tipHeight`: height of the facts that the caller judges by. */
  constructor(chain: Pick<WorkerChain, "lane">, tipHeight: () => bigint) {
    this.#chain = chain;
    this.#tipHeight = tipHeight;
  }

  /**
   * The lane no older than the facts, so that what they count as accepted is out of its balance already: until that is here, a promise to wait for
   * before asking again. Undefined inside `known` where there is no such lane. The promise rejects with what the chain's reader throws.
   */
  read(id: bigint): { readonly known: LaneFacts | undefined } | Promise<void> {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.height >= this.#tipHeight()) return { known: entry.lane };
    const reading = this.#reading.get(id);
    if (reading !== undefined) return reading;
    const asked = this.#ask(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, asked);
    return asked;
  }

  async #ask(id: bigint): Promise<void> {
    const height = this.#tipHeight();
    const found = await this.#chain.lane(id);
    const lane = found === undefined ? undefined : laneFacts(found);
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(id, { lane, height });
  }
}

function laneFacts(lane: escrow.Lane): LaneFacts {
  return {
    id: lane.id,
    spender: publicKey(lane.spenderKey),
    balance: BigInt(lane.balance === "" ? "0" : lane.balance),
    endHeight: lane.endHeight,
    isClosed: lane.closed,
    levels: lane.levels,
    models: lane.models.length === 0 ? undefined : new Set(lane.models.map((model) => toHex(model))),
  };
}
