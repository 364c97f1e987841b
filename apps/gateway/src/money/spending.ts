import type { Presence } from "../access/presence.ts";
import { GatewayError } from "../gateway-error.ts";
import { Budget } from "./budget.ts";
import type { BudgetStore } from "./budget-store.ts";

/** An amount held for one job, until it is known what the job costs. */
export interface Hold {
  /** The job cost `charge` of it; the rest is free again. */
  settle(charge: bigint): void;
  /** The job cost nothing. */
  release(): void;
}

/** Spend limits of organisations and of keys: a job needs room in both before it is signed (T4, I7). */
export class Spending {
  readonly #options: { readonly blockUlam: bigint };
  readonly #dependencies: { readonly store: BudgetStore; readonly presence: Pick<Presence, "id" | "isSure"> };
  readonly #budgets = new Map<string, Budget>();

  constructor(
    options: { readonly blockUlam: bigint },
    dependencies: { readonly store: BudgetStore; readonly presence: Pick<Presence, "id" | "isSure"> },
  ) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Throws `GatewayError` (`spend_limit`), or `DatabaseError` where Postgres does not answer: no limit is assumed then. */
  async hold(organisationId: string, keyId: string, ceiling: bigint): Promise<Hold> {
    const organisation = this.#budgetOf(organisationId);
    const key = this.#budgetOf(keyId);
    if (!(await organisation.take(ceiling))) throw spendLimit("organisation");
    const organisationLease = organisation.leaseId;
    let isTaken = false;
    try {
      isTaken = await key.take(ceiling);
    } finally {
      if (!isTaken) organisation.put(ceiling, organisationLease);
    }
    if (!isTaken) throw spendLimit("API key");
    const keyLease = key.leaseId;
    const giveBack = (amount: bigint) => {
      organisation.put(amount, organisationLease);
      key.put(amount, keyLease);
    };
    return { settle: (charge) => giveBack(ceiling - charge), release: () => giveBack(ceiling) };
  }

  /** Returns what is left of all blocks. */
  async close(): Promise<void> {
    await Promise.all([...this.#budgets.values()].map((budget) => budget.close()));
  }

  #budgetOf(id: string): Budget {
    const known = this.#budgets.get(id);
    if (known !== undefined) return known;
    const made = new Budget({ id, blockUlam: this.#options.blockUlam }, this.#dependencies);
    this.#budgets.set(id, made);
    return made;
  }
}

function spendLimit(whose: string): GatewayError {
  return new GatewayError("spend_limit", `the spend limit of this ${whose} is reached`, { retryAfterSeconds: 60 });
}
