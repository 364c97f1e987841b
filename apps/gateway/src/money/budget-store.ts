import { DatabaseError, type Sql, type TenantSql } from "@lamina/db";

/** One budget as Postgres has it. Ulam. */
export interface BudgetState {
  readonly limit: bigint | undefined;
  readonly spent: bigint;
}

/** Budgets of organisations and keys in Postgres, where several gateways share them. Every method throws `DatabaseError`. */
export interface BudgetStore {
  /** Adds `amount` to what is spent where the limit allows it; false where it does not. Atomic. */
  lease(id: string, amount: bigint): Promise<boolean>;
  giveBack(id: string, amount: bigint): Promise<void>;
  /** An organisation's own, or one of its keys'. */
  read(organisationId: string, id: string): Promise<BudgetState | undefined>;
}

export function budgetStore({ sql, tenants }: { readonly sql: Sql; readonly tenants: TenantSql }): BudgetStore {
  return {
    lease: (id, amount) =>
      naming("leasing from a budget", async () => {
        const rows = await sql`
          update gateway.budgets set spent_ulam = spent_ulam + ${amount}
          where id = ${id} and (limit_ulam is null or spent_ulam + ${amount} <= limit_ulam) returning 1 as leased`;
        return rows.length === 1;
      }),
    giveBack: (id, amount) =>
      naming("giving back to a budget", async () => {
        await sql`update gateway.budgets set spent_ulam = greatest(0, spent_ulam - ${amount}) where id = ${id}`;
      }),
    read: (organisationId, id) =>
      naming("reading a budget", async () => {
        const [row] = await tenants.as(
          organisationId,
          (own) => own<{ limit_ulam: bigint | null; spent_ulam: bigint }[]>`select limit_ulam, spent_ulam from gateway.budgets where id = ${id}`,
        );
        return row === undefined ? undefined : { limit: row.limit_ulam ?? undefined, spent: row.spent_ulam };
      }),
  };
}

async function naming<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(operation, error);
  }
}
