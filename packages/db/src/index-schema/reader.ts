import type { Sql } from "../postgres/connect.ts";
import { ROLES } from "../roles.ts";

/**
 * Lets the reading role see the published views and nothing else of the index; gives whether the role exists. To be run by the schema's owner
 * after each migration: views that a rebuild made anew carry no grants.
 */
export async function grantReader(sql: Sql): Promise<boolean> {
  const [found] = await sql`select 1 from pg_roles where rolname = ${ROLES.reader}`;
  if (found === undefined) return false;
  const views = await sql<
    { viewname: string }[]
  >`select viewname from pg_views where schemaname = 'index' and viewname like 'v1\\_%' order by viewname`;
  await sql`grant usage on schema index to ${sql(ROLES.reader)}`;
  for (const { viewname } of views) await sql`grant select on ${sql(`index.${viewname}`)} to ${sql(ROLES.reader)}`;
  return true;
}

/** Drops all that the schema holds and keeps the schema, whose owner need not be allowed to make another. One transaction: all or nothing. */
export async function clearIndex(sql: Sql): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(hashtext('lamina index'))`;
    const views = await transaction<{ name: string }[]>`select viewname as name from pg_views where schemaname = 'index'`;
    for (const { name } of views) await transaction`drop view ${transaction(`index.${name}`)} cascade`;
    const tables = await transaction<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'index'`;
    for (const { name } of tables) await transaction`drop table ${transaction(`index.${name}`)} cascade`;
  });
}
