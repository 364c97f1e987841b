import type { Env } from "@lamina/primitives";

/** Where ranges are taken from; its adapter is nonce-store.ts. */
export interface NonceStore {
  /** The first of `count` nonces that nobody was given before, durably; undefined where the epoch has not that many left. */
  take(lane: bigint, epoch: bigint, count: number, noncesPerEpoch: number): Promise<number | undefined>;
}

interface Range {
  next: number;
  end: number;
  /** Taken ahead, so that jobs rarely wait for Postgres. */
  following: Promise<{ next: number; end: number } | undefined> | undefined;
  refilling: Promise<boolean> | undefined;
}

/** Epochs whose ranges are kept: this one, the next, and one that is just over. */
const EPOCHS_KEPT = 3n;

/**
 * Nonces of this process, taken from Postgres in ranges: what a crash leaves unused is lost and never given again (I4, T68). Two gateways of one
 * lane never share a range.
 */
export class NonceRanges {
  readonly #rangeSize: number;
  readonly #store: NonceStore;
  readonly #env: Pick<Env, "step">;
  readonly #ranges = new Map<string, Range>();

  constructor(options: { readonly rangeSize: number }, dependencies: { readonly env: Pick<Env, "step">; readonly store: NonceStore }) {
    this.#rangeSize = options.rangeSize;
    this.#store = dependencies.store;
    this.#env = dependencies.env;
  }

  /** A nonce below `noncesPerEpoch` that was never given for this lane and epoch; undefined once the epoch has none left. */
  async next(lane: bigint, epoch: bigint, noncesPerEpoch: number): Promise<number | undefined> {
    const range = this.#rangeOf(lane, epoch);
    while (range.next >= range.end) {
      range.refilling ??= this.#refill(range, lane, epoch, noncesPerEpoch);
      if (!(await range.refilling)) return undefined;
    }
    const nonce = range.next++;
    const isLow = range.end - range.next < this.#rangeSize / 4;
    if (isLow && range.following === undefined) {
      range.following = this.#take(lane, epoch, noncesPerEpoch);
      // Whoever needs it next hears of the failure.
      range.following.catch(() => undefined);
    }
    return nonce;
  }

  async #refill(range: Range, lane: bigint, epoch: bigint, noncesPerEpoch: number): Promise<boolean> {
    try {
      const taken = await (range.following ?? this.#take(lane, epoch, noncesPerEpoch));
      if (taken === undefined) return false;
      [range.next, range.end] = [taken.next, taken.end];
      return true;
    } finally {
      range.following = undefined;
      range.refilling = undefined;
    }
  }

  async #take(lane: bigint, epoch: bigint, noncesPerEpoch: number): Promise<{ next: number; end: number } | undefined> {
    const first = await this.#store.take(lane, epoch, this.#rangeSize, noncesPerEpoch);
    await this.#env.step("gateway.nonces.taken");
    return first === undefined ? undefined : { next: first, end: Math.min(first + this.#rangeSize, noncesPerEpoch) };
  }

  #rangeOf(lane: bigint, epoch: bigint): Range {
    const name = `${lane} ${epoch}`;
    const known = this.#ranges.get(name);
    if (known !== undefined) return known;
    for (const each of this.#ranges.keys()) {
      const [otherLane, otherEpoch] = each.split(" ");
      if (otherLane === String(lane) && BigInt(otherEpoch ?? 0) + EPOCHS_KEPT <= epoch) this.#ranges.delete(each);
    }
    const made: Range = { next: 0, end: 0, following: undefined, refilling: undefined };
    this.#ranges.set(name, made);
    return made;
  }
}
