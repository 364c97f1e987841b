/**
 * Ids of jobs that this process signed lately, with their lanes: what a spend root may name. Older ones are in Postgres. Bounded: the oldest leave
 * first, after they were stored.
 */
export class IssuedJobs {
  readonly #lanes = new Map<string, bigint>();
  readonly #countMax: number;

  constructor(options: { readonly countMax: number }) {
    this.#countMax = options.countMax;
  }

  add(jobIdHex: string, lane: bigint): void {
    this.#lanes.set(jobIdHex, lane);
    if (this.#lanes.size <= this.#countMax) return;
    const oldest = this.#lanes.keys().next();
    if (oldest.done !== true) this.#lanes.delete(oldest.value);
  }

  /** True where this process issued the job for that lane; false where it does not know. */
  has(jobIdHex: string, lane: bigint): boolean {
    return this.#lanes.get(jobIdHex) === lane;
  }
}
