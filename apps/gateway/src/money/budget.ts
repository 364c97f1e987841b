import type { Presence } from "../access/presence.ts";
import { GatewayError } from "../gateway-error.ts";
import type { BudgetStore } from "./budget-store.ts";

/**
 * One budget, spent from blocks that are leased of Postgres: a job costs no statement, and all gateways together never pass the limit. What a killed
 * gateway had leased and not used counts as spent until nothing that it signed can settle any more: the limit fails closed.
 */
export class Budget {
  readonly #id: string;
  readonly #store: BudgetStore;
  readonly #blockUlam: bigint;
  readonly #presence: Pick<Presence, "id" | "isSure">;
  #leaseId: string;
  #available = 0n;
  #leasing: Promise<void> | undefined;

  constructor(
    options: { readonly id: string; readonly blockUlam: bigint },
    { store, presence }: { readonly store: BudgetStore; readonly presence: Pick<Presence, "id" | "isSure"> },
  ) {
    this.#id = options.id;
    this.#blockUlam = options.blockUlam;
    this.#store = store;
    this.#presence = presence;
    this.#leaseId = presence.id;
  }

  /** Under what the last amount was leased: it can be put back to no other. */
  get leaseId(): string {
    return this.#leaseId;
  }

  /** Takes `amount`; false where the limit does not allow it. Throws `GatewayError` (`not_ready`) while other gateways may take this one for dead. */
  async take(amount: bigint): Promise<boolean> {
    if (!this.#presence.isSure) throw new GatewayError("not_ready", "the gateway lost touch with its database", { retryAfterSeconds: 2 });
    // One lease at a time: a crowd that finds the block empty must not take a block each.
    while (this.#leasing !== undefined) await this.#leasing;
    if (this.#leaseId !== this.#presence.id) [this.#leaseId, this.#available] = [this.#presence.id, 0n];
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

  /** Puts back what was taken and not charged; nothing where its lease was lost, since others free it. */
  put(amount: bigint, leaseId: string): void {
    if (leaseId === this.#leaseId) this.#available += amount;
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
