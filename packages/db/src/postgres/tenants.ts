import { SCOPE_SETTING, SERVICE_SCOPE } from "../gateway-schema/isolation.ts";
import { closeSql, connectSql, type PoolOptions, type Sql, type Transaction } from "./connect.ts";

/** Statements for one organisation at a time. There is no way to ask for all. */
export interface TenantSql {
  /** Runs `work` in a transaction that sees the rows of this organisation and can write no others (I30, T1). */
  as<T>(organisationId: string, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A pool whose sessions begin without a tenant: what forgets to name one finds nothing. */
export function connectTenants(url: string, options: Omit<PoolOptions, "scope">): TenantSql {
  const sql = connectSql(url, options);
  return { as: (organisationId, work) => asOrganisation(sql, organisationId, work), close: () => closeSql(sql) };
}

/** The setting ends with the transaction, so that a pooled session never keeps a tenant. Throws `RangeError` for what names no single organisation. */
export function asOrganisation<T>(sql: Sql, organisationId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  if (organisationId === SERVICE_SCOPE) throw new RangeError("expected an organisation's id, found the scope of the service");
  const outcome = sql.begin(async (transaction) => {
    // Sent with the first statement of `work`, not before it: a session's statements run in order, and one journey is saved.
    const scoped = transaction`select set_config(${SCOPE_SETTING}, ${organisationId}, true)`.execute();
    const [result] = await Promise.all([work(transaction), scoped]);
    return { result };
  });
  return outcome.then(({ result }) => result);
}

/** Whether this login passes by row-level security: superusers and roles with BYPASSRLS do, whatever the tables say. */
export async function bypassesIsolation(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ bypasses: boolean }[]>`select rolsuper or rolbypassrls as bypasses from pg_roles where rolname = current_user`;
  return row?.bypasses === true;
}
