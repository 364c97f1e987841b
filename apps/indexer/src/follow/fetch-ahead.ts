import type { Comet, CommittedBlock } from "@lamina/chain-client";

/** Asks for heights before their turn, at most `window` at once: the node answers while earlier ones are decoded and written. */
export class FetchAhead {
  readonly #comet: Comet;
  readonly #window: number;
  readonly #asked = new Map<bigint, Promise<CommittedBlock>>();
  #arrived = new Set<bigint>();

  constructor(comet: Comet, window: number) {
    this.#comet = comet;
    this.#window = window;
  }

  /** The block at `height`, and requests for those after it up to `latest`. */
  take(height: bigint, latest: bigint): Promise<CommittedBlock> {
    for (let ahead = height; ahead <= latest && ahead < height + BigInt(this.#window); ahead++) this.#ask(ahead);
    const block = this.#asked.get(height) ?? this.#comet.committedBlock(height);
    this.#asked.delete(height);
    this.#arrived.delete(height);
    return block;
  }

  /** Whether `take` of this height would answer at once. */
  has(height: bigint): boolean {
    return this.#arrived.has(height);
  }

  /** Forgets what was asked: after a failure the same heights are asked anew. */
  clear(): void {
    this.#asked.clear();
    this.#arrived = new Set();
  }

  #ask(height: bigint): void {
    if (this.#asked.has(height)) return;
    const arrived = this.#arrived;
    const block = this.#comet.committedBlock(height);
    // A failure is met when the height's turn comes.
    block.then(
      () => arrived.add(height),
      () => undefined,
    );
    this.#asked.set(height, block);
  }
}
