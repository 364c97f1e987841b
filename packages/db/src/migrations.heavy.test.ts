import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "./migrations.ts";
import { closeSql, connectSql, type Sql } from "./postgres/connect.ts";
import { isCheckViolation, isUniqueViolation } from "./postgres/failure.ts";
import { prepareRoles, urlOfRole } from "./roles.ts";
import { TestPostgres } from "./testing/index.ts";

const { files } = nodeEnv();
const passwords = { gateway: "g'1%/\"", indexer: "i2", reader: "r3" };
const opened: Sql[] = [];
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await TestPostgres.start();
});

afterAll(async () => {
  await Promise.all(opened.map(closeSql));
  await postgres.stop();
});

function open(url: string, options: { readonly scope?: "service" } = {}): Sql {
  const sql = connectSql(url, { name: "test", connectionsMax: 2, ...options });
  opened.push(sql);
  return sql;
}

test("migrations are applied once, also by two programs at once", async () => {
  const sql = open(await postgres.createDatabase());
  const [first, second] = await Promise.all([migrate(sql, files, "gateway"), migrate(sql, files, "gateway")]);
  expect([...first, ...second].sort()).toEqual(
    (await files.readdir(new URL("../migrations/gateway", import.meta.url).pathname)).filter((name) => name.endsWith(".sql")),
  );
  expect(await migrate(sql, files, "gateway")).toEqual([]);
});

test("a database from newer or other code is refused", async () => {
  const sql = open(await postgres.createDatabase());
  await migrate(sql, files, "gateway");
  await sql`update gateway.migrations set name = '0000_other.sql' where position = 0`;
  await expect(migrate(sql, files, "gateway")).rejects.toThrow(/expected migration 0000_start.sql, found 0000_other.sql/);
  await sql`insert into gateway.migrations (position, name) values (999, 'x')`;
  await expect(migrate(sql, files, "gateway")).rejects.toThrow(/expected at most/);
});

test("each service has its own schema and no other", async () => {
  const adminUrl = await postgres.createDatabase();
  const admin = open(adminUrl);
  await prepareRoles(admin, passwords);
  await prepareRoles(admin, passwords);
  const gateway = open(urlOfRole(adminUrl, "gateway", passwords.gateway), { scope: "service" });
  await migrate(gateway, files, "gateway");
  await gateway`insert into gateway.organisations (id, name) values ('org_a', 'a')`;
  for (const service of ["indexer", "reader"] as const) {
    const other = open(urlOfRole(adminUrl, service, passwords[service]));
    await expect(other`select * from gateway.organisations`).rejects.toMatchObject({ code: "42501" });
  }
  await expect(gateway`create schema elsewhere`).rejects.toMatchObject({ code: "42501" });
  const [superuser] = await gateway`select rolsuper from pg_roles where rolname = current_user`;
  expect(superuser?.["rolsuper"]).toBe(false);
});

test("a budget cannot pass its limit, and errors are told apart", async () => {
  const sql = open(await postgres.createDatabase());
  await migrate(sql, files, "gateway");
  await sql`insert into gateway.organisations (id, name) values ('org_a', 'a')`;
  await sql`insert into gateway.budgets (id, organisation_id, limit_ulam) values ('org_a', 'org_a', 10)`;
  expect(await sql`update gateway.budgets set spent_ulam = 11 where id = 'org_a'`.catch(isCheckViolation)).toBe(true);
  expect(await sql`insert into gateway.budgets (id, organisation_id) values ('org_a', 'org_a')`.catch(isUniqueViolation)).toBe(true);
});

test("int8 keeps its 64 bits", async () => {
  const sql = open(await postgres.createDatabase());
  const [row] = await sql<{ value: bigint }[]>`select ${9_223_372_036_854_775_807n}::int8 as value`;
  expect(row?.value).toBe(9_223_372_036_854_775_807n);
});
