import type { BudgetStore } from "./budget-store.ts";

/**
 * One budget, spent from blocks that are leased of Postgres: a job costs no statement, and all gateways together never pass the limit. What a killed
 * gateway had leased and not used stays counted as spent: the limit fails closed.
 */
export class Budget {
  readonly #id: string;
  readonly #store: BudgetStore;
  readonly #blockUlam: bigint;
  #available = 0n;
  #leasing: Promise<void> | undefined;

  constructor(options: { readonly id: string; readonly blockUlam: bigint }, store: BudgetStore) {
    this.#id = options.id;
    this.#blockUlam = options.blockUlam;
    this.#store = store;
  }

  /** Takes `amount`; false where the limit does not allow it. */
  async take(amount: bigint): Promise<boolean> {
    // One lease at a time: a crowd that finds the block empty must not take a block each.
    while (this.#leasing !== undefined) await this.#leasing;
    if (this.#available >= amount) {
      this.#available -= amount;
      return true;
    }
    let isGranted = false;
    const leasing = this.#lease(amount).then((granted) => {
      isGranted = granted;
    });
    this.#leasing = leasing
      .catch(() => undefined)
      .finally(() => {
        this.#leasing = undefined;
      });
    await leasing;
    return isGranted;
  }

  /** Puts back what was taken and not charged. */
  put(amount: bigint): void {
    this.#available += amount;
  }

  /** Gives all that is left to Postgres, for others to use. */
  async close(): Promise<void> {
    const left = this.#available;
    this.#available = 0n;
    if (left > 0n) await this.#store.giveBack(this.#id, left);
  }

  /** A whole block where the limit has room for it, else just what is missing. */
  async #lease(amount: bigint): Promise<boolean> {
    const missing = amount - this.#available;
    const block = missing > this.#blockUlam ? missing : this.#blockUlam;
    if (await this.#store.lease(this.#id, block)) this.#available += block;
    else if (await this.#store.lease(this.#id, missing)) this.#available += missing;
    if (this.#available < amount) return false;
    this.#available -= amount;
    return true;
  }
}
