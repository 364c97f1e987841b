import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { SCOPE_SETTING, SERVICE_SCOPE } from "../gateway-schema/isolation.ts";

/** A pool for hand-written SQL. Never the same as drizzle's: it changes how a postgres.js client reads dates and numbers. */
export type Sql = postgres.Sql<{ bigint: bigint }>;
/** A piece of a statement, or a whole one that is not sent yet. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;
export type Transaction = postgres.TransactionSql<{ bigint: bigint }>;

export interface PoolOptions {
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  readonly connectionsMax: number;
  /** Longest that one statement may take. */
  readonly statementTimeoutMs?: number;
  /** `service`: sessions see every organisation's rows of the schema `gateway`; without it, none. Costs a statement nothing. */
  readonly scope?: "service";
}

export interface Drizzled<Schema extends Record<string, unknown>> {
  readonly database: PostgresJsDatabase<Schema>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 5;

/** `int8` comes and goes as bigint, `bytea` as Buffer. Connects at the first statement. */
export function connectSql(url: string, options: PoolOptions): Sql {
  return postgres(url, { ...poolOptions(options), types: { bigint: postgres.BigInt } });
}

/** A pool of its own under drizzle, for statements that its types are worth more than their speed. */
export function connectDrizzle<Schema extends Record<string, unknown>>(url: string, schema: Schema, options: PoolOptions): Drizzled<Schema> {
  const client = postgres(url, poolOptions(options));
  return { database: drizzle(client, { schema }), close: () => client.end({ timeout: CLOSE_TIMEOUT_SECONDS }) };
}

export function closeSql(sql: Sql): Promise<void> {
  return sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
}

function poolOptions({ name, connectionsMax, statementTimeoutMs, scope }: PoolOptions) {
  return {
    max: connectionsMax,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => undefined,
    connection: {
      application_name: name,
      ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
      ...(scope === undefined ? {} : { [SCOPE_SETTING]: SERVICE_SCOPE }),
    },
  };
}
