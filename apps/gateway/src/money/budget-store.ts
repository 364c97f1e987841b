import { DatabaseError, type Sql, type TenantSql } from "@lamina/db";
import type { Presence } from "../access/presence.ts";

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
  /**
   * Frees what gateways that are gone had leased and no job of theirs took, where every height up to `settled_after` was read: nothing that they signed
   * and did not store can settle any more. Gives the ulam that were freed.
   */
  reconcile(height: bigint): Promise<bigint>;
  /** An organisation's own, or one of its keys'. */
  read(organisationId: string, id: string): Promise<BudgetState | undefined>;
}

export interface BudgetStoreDependencies {
  readonly sql: Sql;
  readonly tenants: TenantSql;
  readonly presence: Pick<Presence, "id">;
}

export function budgetStore({ sql, tenants, presence }: BudgetStoreDependencies): BudgetStore {
  return {
    lease: (id, amount) =>
      naming("leasing from a budget", async () => {
        const rows = await sql`
          with granted as (
            update gateway.budgets set spent_ulam = spent_ulam + ${amount}
            where id = ${id} and (limit_ulam is null or spent_ulam + ${amount} <= limit_ulam) returning id, organisation_id
          )
          insert into gateway.budget_leases as lease (instance_id, budget_id, organisation_id, granted_ulam)
          select ${presence.id}, id, organisation_id, ${amount}::int8 from granted
          on conflict (instance_id, budget_id) do update set granted_ulam = lease.granted_ulam + ${amount} returning 1 as leased`;
        return rows.length === 1;
      }),
    giveBack: (id, amount) =>
      naming("giving back to a budget", async () => {
        await sql`
          with given as (
            update gateway.budget_leases set granted_ulam = granted_ulam - ${amount}
            where instance_id = ${presence.id} and budget_id = ${id} and granted_ulam >= ${amount} returning budget_id
          )
          update gateway.budgets set spent_ulam = greatest(0, spent_ulam - ${amount}) from given where id = given.budget_id`;
      }),
    reconcile: (height) =>
      naming("freeing what lost gateways leased", async () => {
        const [row] = await sql<{ freed: bigint }[]>`
          with over as (
            delete from gateway.budget_leases where settled_after < ${height} returning *
          ), unused as (
            select budget_id, greatest(0, granted_ulam - coalesce((
              select sum(charge_ulam) from gateway.jobs job
              where job.organisation_id = over.organisation_id and job.created_at >= over.leased_at and job.instance_id = over.instance_id
                and over.budget_id in (job.organisation_id, job.key_id)
            ), 0)) as amount from over
          ), freed as (
            select budget_id, sum(amount)::int8 as amount from unused group by budget_id
          ), given as (
            update gateway.budgets set spent_ulam = greatest(0, spent_ulam - freed.amount) from freed where id = freed.budget_id
          )
          select coalesce(sum(amount), 0)::int8 as freed from freed where budget_id like 'org\_%'`;
        return row?.freed ?? 0n;
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
