/**
 * A small deterministic generator (splitmix64): the same seed gives the same stream on every machine. For tests and simulations, never for keys.
 * Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
 */
export class SeededRng {
  #state: bigint;

  constructor(seed: bigint | number) {
    this.#state = BigInt.asUintN(64, BigInt(seed));
  }

  u64(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let mixed = this.#state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  }

  /** A number in [0, 1). */
  unit(): number {
    return Number(this.u64() >> 11n) / 2 ** 53;
  }

  /** An integer in [0, bound), without bias worth the name for bounds below 2^32. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1) throw new RangeError(`bound must be a positive integer, found ${bound}`);
    return Number(this.u64() % BigInt(bound));
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let offset = 0; offset < count; offset += 8) {
      let word = this.u64();
      for (let index = offset; index < Math.min(offset + 8, count); index++) {
        bytes[index] = Number(word & 0xffn);
        word >>= 8n;
      }
    }
    return bytes;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.below(items.length)] as T;
  }

  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }

  /** An independent stream: what one actor draws does not shift what another one gets. */
  split(): SeededRng {
    return new SeededRng(this.u64());
  }
}
