import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "./migrations.ts";
import { closeSql, connectSql, type Sql } from "./postgres/connect.ts";
import { asOrganisation, bypassesIsolation, connectTenants, type TenantSql } from "./postgres/tenants.ts";
import { prepareRoles, urlOfRole } from "./roles.ts";
import { TestPostgres } from "./testing/index.ts";

const passwords = { gateway: "g", indexer: "i", reader: "r" };
const BYTES = Buffer.alloc(32, 1);
let postgres: TestPostgres;
let admin: Sql;
/** As the gateway's role, in no scope. */
let plain: Sql;
let service: Sql;
let tenants: TenantSql;
let tables: string[];

beforeAll(async () => {
  postgres = await TestPostgres.start();
  const adminUrl = await postgres.createDatabase();
  admin = connectSql(adminUrl, { name: "test", connectionsMax: 1 });
  await prepareRoles(admin, passwords);
  const url = urlOfRole(adminUrl, "gateway", passwords.gateway);
  service = connectSql(url, { name: "service", connectionsMax: 2, scope: "service" });
  plain = connectSql(url, { name: "plain", connectionsMax: 1 });
  tenants = connectTenants(url, { name: "tenants", connectionsMax: 1 });
  await migrate(service, nodeEnv().files, "gateway");
  for (const organisation of ["org_a", "org_b"]) await fill(organisation);
  const named = await admin<{ name: string }[]>`
    select table_name as name from information_schema.columns where table_schema = 'gateway' and column_name = 'organisation_id' order by 1`;
  tables = ["organisations", ...named.map(({ name }) => name)];
});

afterAll(async () => {
  await Promise.all([closeSql(admin), closeSql(plain), closeSql(service), tenants.close()]);
  await postgres.stop();
});

async function fill(id: string): Promise<void> {
  const [number, bytes] = id === "org_a" ? [1n, BYTES] : [2n, Buffer.alloc(32, 2)];
  await service`insert into gateway.organisations (id, name) values (${id}, ${id})`;
  await service`insert into gateway.api_keys (id, organisation_id, name, digest, scopes, concurrency_max, requests_per_minute)
    values (${`key_${id}`}, ${id}, 'k', ${bytes}, '{infer}', 1, 1)`;
  await service`insert into gateway.budgets (id, organisation_id) values (${id}, ${id}), (${`key_${id}`}, ${id})`;
  await service`insert into gateway.lanes (lane, organisation_id, spender_key) values (${number}, ${id}, ${bytes})`;
  await service`insert into gateway.jobs (job_id, organisation_id, key_id, lane, settle_by, model, state, charge_ulam)
    values (${bytes}, ${id}, 'k', ${number}, 1, 'm', 'answered', 1)`;
  await service`insert into gateway.requests (id, organisation_id, key_id, body_hash, mode, state, model, model_id, work, deadline_at)
    values (${`req_${id}`}, ${id}, 'k', ${bytes}, 'sync', 'accepted', 'm', ${bytes}, ${bytes}, now())`;
  await service`insert into gateway.budget_leases (instance_id, budget_id, organisation_id, granted_ulam) values ('i', ${id}, ${id}, 1)`;
  await service`insert into gateway.key_usage (key_id, organisation_id, tokens) values (${`key_${id}`}, ${id}, 1)`;
  await service`insert into gateway.place_leases (instance_id, key_id, organisation_id, places) values ('i', ${`key_${id}`}, ${id}, 1)`;
}

const organisationOf = (table: string) => (table === "organisations" ? "id" : "organisation_id");
const idsIn = async (sql: Pick<Sql, "unsafe">, table: string) =>
  [
    ...new Set((await sql.unsafe(`select ${organisationOf(table)} as organisation from gateway.${table}`)).map((row) => String(row["organisation"]))),
  ].sort();

describe("row-level security, as the gateway's own role (I30, T1)", () => {
  test("every table that names an organisation has it, and its owner does not pass by", async () => {
    expect(tables.length).toBeGreaterThanOrEqual(9);
    const secured = await admin<{ relname: string }[]>`
      select relname from pg_class where relnamespace = 'gateway'::regnamespace and relrowsecurity and relforcerowsecurity order by 1`;
    expect(secured.map(({ relname }) => relname)).toEqual([...tables].sort());
    expect(await bypassesIsolation(plain)).toBe(false);
    expect(await bypassesIsolation(admin)).toBe(true);
  });

  test("a query without a tenant sees nothing, changes nothing and adds nothing", async () => {
    for (const table of tables) {
      expect({ table, seen: await idsIn(plain, table) }).toEqual({ table, seen: [] });
      expect((await plain.unsafe(`update gateway.${table} set ${organisationOf(table)} = ${organisationOf(table)}`)).count).toBe(0);
      expect((await plain.unsafe(`delete from gateway.${table}`)).count).toBe(0);
    }
    await expect(plain`insert into gateway.organisations (id, name) values ('org_c', 'c')`).rejects.toMatchObject({ code: "42501" });
  });

  test("a tenant sees its own rows of every table and no other's", async () => {
    for (const id of ["org_a", "org_b"])
      for (const table of tables) expect({ table, seen: await tenants.as(id, (sql) => idsIn(sql, table)) }).toEqual({ table, seen: [id] });
  });

  test("a tenant cannot touch, take over or add another's rows", async () => {
    for (const table of tables) {
      const column = organisationOf(table);
      const touched = await tenants.as("org_a", (sql) => sql.unsafe(`update gateway.${table} set ${column} = ${column} where ${column} = 'org_b'`));
      expect(touched.count).toBe(0);
      expect((await tenants.as("org_a", (sql) => sql.unsafe(`delete from gateway.${table} where ${column} = 'org_b'`))).count).toBe(0);
      await expect(tenants.as("org_a", (sql) => sql.unsafe(`update gateway.${table} set ${column} = 'org_b'`))).rejects.toMatchObject({
        code: "42501",
      });
    }
    const foreign = tenants.as("org_a", (sql) => sql`insert into gateway.budgets (id, organisation_id) values ('x', 'org_b')`);
    await expect(foreign).rejects.toMatchObject({ code: "42501" });
  });

  test("a tenant ends with its transaction, also one that failed", async () => {
    expect(await asOrganisation(plain, "org_a", (sql) => idsIn(sql, "jobs"))).toEqual(["org_a"]);
    expect(await idsIn(plain, "jobs")).toEqual([]);
    await expect(asOrganisation(plain, "org_a", (sql) => sql`select 1 / 0`)).rejects.toMatchObject({ code: "22012" });
    expect(await idsIn(plain, "jobs")).toEqual([]);
  });

  test("many tenants over one session do not mix", async () => {
    const asked = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? "org_a" : "org_b"));
    expect(await Promise.all(asked.map((id) => tenants.as(id, (sql) => idsIn(sql, "requests"))))).toEqual(asked.map((id) => [id]));
  });

  test("no organisation's name is a wider scope than itself", async () => {
    for (const id of ["", "%", "org_%", "org_a' or '1'='1", "org_a,org_b"]) expect(await tenants.as(id, (sql) => idsIn(sql, "jobs"))).toEqual([]);
    expect(() => tenants.as("*", (sql) => idsIn(sql, "jobs"))).toThrow("expected an organisation's id");
  });

  test("the service sees all, and a tenant inside one of its sessions only itself", async () => {
    for (const table of tables) expect(await idsIn(service, table)).toEqual(["org_a", "org_b"]);
    expect(await asOrganisation(service, "org_b", (sql) => idsIn(sql, "jobs"))).toEqual(["org_b"]);
    expect(await idsIn(service, "jobs")).toEqual(["org_a", "org_b"]);
  });

  test("references hold without a tenant's right to see what they name", async () => {
    const orphan = service`insert into gateway.budgets (id, organisation_id) values ('y', 'org_none')`;
    await expect(orphan).rejects.toMatchObject({ code: "23503" });
  });
});
