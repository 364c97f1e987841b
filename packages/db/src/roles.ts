import type { Sql } from "./postgres/connect.ts";

/** One login for each service, none of them a superuser: a stolen one reads and writes its own schema alone (threat model, defaults 4). */
export const ROLES = { gateway: "lamina_gateway", indexer: "lamina_indexer", reader: "lamina_reader" } as const;
export type ServiceRole = keyof typeof ROLES;

const OWNED = { gateway: "gateway", indexer: "index" } as const;

/**
 * Makes the roles with these passwords and the schemas that they own; to be run by the database's owner, and again at will (it renews passwords).
 * `reader` sees what the indexer publishes to it and nothing of the gateway's.
 */
export async function prepareRoles(sql: Sql, passwords: Readonly<Record<ServiceRole, string>>): Promise<void> {
  await sql.begin(async (transaction) => {
    for (const service of Object.keys(ROLES) as ServiceRole[]) {
      const role = ROLES[service];
      const [found] = await transaction`select 1 from pg_roles where rolname = ${role}`;
      if (found === undefined) await transaction`create role ${transaction(role)} login nosuperuser nocreatedb nocreaterole noreplication`;
      // A password is no parameter in Postgres' grammar; format() quotes it on the server.
      const [statement] = await transaction<
        { text: string }[]
      >`select format('alter role %I password %L', ${role}::text, ${passwords[service]}::text) as text`;
      await transaction.unsafe(statement?.text ?? "");
    }
    for (const [service, schema] of Object.entries(OWNED) as [keyof typeof OWNED, string][]) {
      const [found] = await transaction`select 1 from pg_namespace where nspname = ${schema}`;
      if (found === undefined) await transaction`create schema ${transaction(schema)} authorization ${transaction(ROLES[service])}`;
    }
    await transaction`grant usage on schema ${transaction(OWNED.indexer)} to ${transaction(ROLES.reader)}`;
  });
}

/** The URL by which a service logs in where `adminUrl` is the owner's. */
export function urlOfRole(adminUrl: string, service: ServiceRole, password: string): string {
  const url = new URL(adminUrl);
  url.username = ROLES[service];
  url.password = encodeURIComponent(password);
  return url.href;
}
