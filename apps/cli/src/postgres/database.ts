import postgres from "postgres";
import { CliError } from "../cli-error.ts";

/** The adapter to Postgres: the one file of this app that speaks to it. */
const MARKER_SCHEMA = "lamina";

export interface DatabaseClaim {
  readonly url: string;
  readonly networkId: string;
}

/** True where a server answers a query at `url`. */
export async function databaseAnswers(url: string): Promise<boolean> {
  try {
    await withConnection(url, (sql) => sql`select 1`);
    return true;
  } catch {
    // Not up, still recovering, or refusing: all of them are "not yet", and its log says which.
    return false;
  }
}

/** Creates the database `name` on the server of `adminUrl` where it is missing. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  await withConnection(adminUrl, async (sql) => {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  });
}

/**
 * Marks a database as this network's; `DATABASE_REFUSED` where it cannot be reached, holds tables that are not ours, or is another network's.
 * Ours are databases in which nobody created anything, and those that bear our mark.
 */
export async function claimDatabase({ url, networkId }: DatabaseClaim): Promise<void> {
  const owner = await withConnection(url, async (sql) => {
    const mark = await readMark(sql);
    if (mark !== undefined) return mark;
    const strangers = await foreignRelations(sql);
    if (strangers.length > 0) throw refused(url, `holds ${strangers.length} relations that are not Lamina's (${strangers.slice(0, 3).join(", ")})`);
    await writeMark(sql, networkId);
    return networkId;
  }).catch((error) => {
    throw error instanceof CliError ? error : refused(url, `cannot be used: ${error instanceof Error ? error.message : error}`, error);
  });
  if (owner !== networkId) throw refused(url, `belongs to another Lamina network (${owner}; this one is ${networkId})`);
}

/** Drops everything of this network's in a database that bears its mark; false where the database bears none, or another's. */
export async function releaseDatabase({ url, networkId }: DatabaseClaim): Promise<boolean> {
  return withConnection(url, async (sql) => {
    if ((await readMark(sql)) !== networkId) return false;
    const rows = await sql<{ nspname: string }[]>`
      select nspname from pg_namespace where nspname <> 'information_schema' and nspname not like 'pg\\_%' and nspname <> 'public'`;
    for (const { nspname } of rows) await sql`drop schema ${sql(nspname)} cascade`;
    return true;
  });
}

async function readMark(sql: postgres.Sql): Promise<string | undefined> {
  const [table] = await sql<{ found: string | null }[]>`select to_regclass(${`${MARKER_SCHEMA}.network`})::text as found`;
  if (table?.found === null || table === undefined) return undefined;
  const [row] = await sql<{ network_id: string }[]>`select network_id from lamina.network`;
  return row?.network_id;
}

async function foreignRelations(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by name limit 100`;
  return rows.map(({ name }) => name);
}

async function writeMark(sql: postgres.Sql, networkId: string): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`create schema if not exists lamina`;
    await transaction`create table lamina.network (one boolean primary key default true check (one), network_id text not null, created_at timestamptz not null default now())`;
    await transaction`insert into lamina.network (network_id) values (${networkId})`;
  });
}

async function withConnection<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, idle_timeout: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function refused(url: string, problem: string, cause?: unknown): CliError {
  const shown = new URL(url);
  shown.password = "";
  return new CliError(
    "DATABASE_REFUSED",
    `the database ${shown.host}${shown.pathname} that DATABASE_URL names ${problem}`,
    "Give an empty database, or unset DATABASE_URL to let Lamina run its own Postgres.",
    { cause },
  );
}
