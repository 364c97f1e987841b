import { closeSql, connectSql, grantReader, migrate, prepareRoles, type Sql, urlOfRole } from "@lamina/db";
import { TestPostgres } from "@lamina/db/testing";
import { nodeEnv } from "@lamina/primitives/node";
import { noopLogger } from "@lamina/telemetry";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillIndex } from "../testing/fill-index.ts";
import { makeCursor } from "./cursor.ts";
import { PAGE_MAX, pageStatement } from "./list-page.ts";
import { LISTINGS, type Listing, parametersOf } from "./listings.ts";
import { buildServer } from "./server.ts";
import { VIEWS, type ViewColumn } from "./views.ts";

const SHAPE = { blocks: 2_000, rowsPerBlock: 20, lanes: 50 };
const SHA_OF = (name: string) => `encode(sha256('${name}'::bytea), 'hex')`;
const passwords = { gateway: "a", indexer: "b", reader: "c" };

let postgres: TestPostgres;
let adminUrl: string;
let sql: Sql;
let server: FastifyInstance;
/** For each parameter a value that some lines have. */
let values: Record<string, Record<string, string>>;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  adminUrl = await postgres.createDatabase();
  const admin = connectSql(adminUrl, { name: "test", connectionsMax: 1 });
  await prepareRoles(admin, passwords);
  await closeSql(admin);
  sql = connectSql(urlOfRole(adminUrl, "indexer", passwords.indexer), { name: "test", connectionsMax: 4 });
  await migrate(sql, nodeEnv().files, "index");
  expect(await grantReader(sql)).toBe(true);
  await fillIndex(sql, SHAPE);
  const [hash] = await sql.unsafe<{ job: string; key: string; model: string; batch: string }[]>(
    `select ${SHA_OF("job777")} as job, ${SHA_OF("key3")} as key, ${SHA_OF("model2")} as model, ${SHA_OF("batch33")} as batch`,
  );
  const { job = "", key = "", model = "", batch = "" } = hash ?? {};
  const heights = { from_height: "300", to_height: "700" };
  values = {
    results: {
      job_id: job,
      lane: "7",
      payer: "lamina1payer3",
      operator_id: "4",
      worker: key,
      model: "model-2",
      model_id: model,
      batch_id: batch,
      ...heights,
    },
    blocks: { kind: "forced", term: "1", number: "37", batch_id: batch, ...heights },
    runs: { block_id: "55", number: "37", batch_id: batch },
    batches: { batch_id: batch, term: "1", ...heights },
    "final-log": { from_index: "100", to_index: "300", kind: "block", number: "37" },
    operators: { operator_id: "4", role: "worker", status: "active", account: "lamina1op4", region: "eu", signing_key: key },
    models: { name: "model-2", version: "1", publisher: "lamina1pub", model_id: model, task: "embedding" },
    lanes: { lane: "7", payer: "lamina1payer3" },
    deposits: { payer: "lamina1payer3" },
    transfers: { account: "lamina1op3", kind: "refund", block_id: "56", number: "37", lane: "4", ...heights },
    faults: { operator_id: "4", from_height: "2", to_height: "4" },
    terms: { term: "1", operator_id: "7" },
    violations: { invariant: "I1" },
  };
  Object.assign(values["results"] ?? {}, { block_id: "55", number: "37", outcome: "void" });
  const follower = () => ({ chainId: "lamina-dev-test", chainHeight: 2_003n, isFollowing: true });
  const metrics = { contentType: "text/plain", render: async () => "" };
  server = buildServer({ sql, logger: noopLogger, metrics, follower });
});

afterAll(async () => {
  await server.close();
  await closeSql(sql);
  await postgres.stop();
});

interface Page {
  items: Record<string, unknown>[];
  next_cursor: string | null;
}

async function get(name: string, query: Record<string, string> = {}): Promise<{ status: number; page: Page; text: string }> {
  const response = await server.inject({ method: "GET", url: `/index/v1/${name}?${new URLSearchParams(query)}` });
  return { status: response.statusCode, page: response.json(), text: response.body };
}

const cases = Object.entries(LISTINGS).map(([name, listing]) => ({ name, listing }));

describe("pages", () => {
  test.each(cases)("$name: its columns are those of its view, in their types", async ({ name, listing }) => {
    const { status, page } = await get(name, { limit: "3" });
    expect(status).toBe(200);
    expect(page.items.length).toBeGreaterThan(0);
    const columns = VIEWS[listing.view]?.columns ?? {};
    for (const item of page.items) {
      expect(Object.keys(item)).toEqual(Object.keys(columns));
      for (const [column, described] of Object.entries(columns)) expect([column, problemOf(described, item[column])]).toEqual([column, undefined]);
    }
  });

  test.each(cases)("$name: each filter gives the lines that the view has, and only those", async ({ name, listing }) => {
    for (const [parameter, value] of Object.entries(values[name] ?? {})) {
      const { status, page } = await get(name, { [parameter]: value, limit: `${PAGE_MAX}` });
      expect([parameter, status]).toEqual([parameter, parameter === "kind" && name === "results" ? 400 : 200]);
      const expected = await expectedKeys(listing, parameter, value);
      expect([parameter, page.items.map((item) => keyOf(listing, item))]).toEqual([parameter, expected]);
      expect(page.items.length, parameter).toBeGreaterThan(0);
    }
  });

  test("64-bit numbers come whole, as text", async () => {
    const { page } = await get("results", { limit: "1" });
    expect(page.items[0]).toMatchObject({
      charge_ulam: "18446744073709551615",
      settle_by: "18446744073709551615",
      nonce: "4294967295",
      log_index: "18446744073709551615",
    });
    expect((await get("transfers", { limit: "1" })).page.items[0]?.["amount_ulam"]).toBe("18446744073709551616");
  });

  test("walking any filters by any page length gives each line once, in order", async () => {
    const anyWalk = fc.constantFrom(...cases).chain(({ name, listing }) =>
      fc.record({
        name: fc.constant(name),
        listing: fc.constant(listing),
        parameters: fc.subarray(Object.keys(values[name] ?? {})).map((all) => all.slice(0, 2)),
        limit: fc.integer({ min: 40, max: PAGE_MAX }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anyWalk, async ({ name, listing, parameters, limit }) => {
        const query = Object.fromEntries(parameters.map((each) => [each, values[name]?.[each] ?? ""]));
        const found = await walk(name, listing, query, limit, 40);
        expect(new Set(found).size).toBe(found.length);
        const whole = await get(name, { ...query, limit: `${PAGE_MAX}` });
        const first = whole.page.items.map((item) => keyOf(listing, item));
        expect(found.slice(0, first.length)).toEqual(first.slice(0, found.length));
      }),
      { numRuns: process.env["LAMINA_LONG"] === "1" ? 500 : 25 },
    );
  });

  test("a whole table is walked without a gap while new lines arrive", async () => {
    const before = SHAPE.blocks * SHAPE.rowsPerBlock;
    const seen: bigint[] = [];
    let cursor: string | null = null;
    let arrived = 0;
    do {
      const { page } = await get("results", { limit: `${PAGE_MAX}`, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => BigInt(String(id))));
      cursor = page.next_cursor;
      arrived += 1;
      await sql`insert into index.results select ${before + arrived}, block_id, key_id, lane, model_no, log_index, incarnation, nonce, profile, items, unit_price_ulam,
        ceiling_ulam, settle_by, units, charge_ulam, is_signed, sha256(${`late ${arrived}`}::bytea), h, output, outcome, reason from index.results where id = 1`;
    } while (cursor !== null);
    await sql`delete from index.results where id > ${before}`;
    expect(seen).toEqual(Array.from({ length: before }, (_, at) => BigInt(before - at)));
  });
});

describe("plans", () => {
  const LARGE = new Set(["results", "blocks", "transfers", "runs"]);
  const filters = cases.flatMap(({ name, listing }) =>
    [undefined, ...parametersOf(listing).slice(0, -2)].map((parameter) => ({ name, listing, parameter })),
  );

  test.each(filters)("$name by $parameter: lines come from an index in order, also behind a cursor", async ({ name, listing, parameter }) => {
    if (parameter === "kind" && name !== "blocks" && name !== "final-log" && name !== "transfers") return;
    const filter = parameter === undefined ? {} : { [parameter]: values[name]?.[parameter] ?? "" };
    const keys = listing.order.map(({ kind }) => (kind === "number" ? "1000" : "m"));
    for (const query of [filter, { ...filter, cursor: makeCursor(name, keys) }]) {
      const [line] = await sql<{ "QUERY PLAN": { Plan: PlanNode }[] }[]>`explain (format json) ${pageStatement(sql, name, listing, query)}`;
      const nodes = flatten(line?.["QUERY PLAN"][0]?.Plan);
      const scanned = nodes.filter((node) => node["Node Type"] === "Seq Scan" && LARGE.has(node["Relation Name"] ?? ""));
      expect(scanned, "whole tables read").toEqual([]);
      const sorted = nodes.filter((node) => node["Node Type"].endsWith("Sort") && node["Plan Rows"] > 5_000);
      expect(sorted, "large sorts").toEqual([]);
    }
  });
});

describe("hostile and mistaken requests", () => {
  const CORPUS = [
    "' or '1'='1",
    "'; drop table index.results; --",
    "1; delete from index.results",
    '"; drop schema index cascade; --',
    "1 union select rolpassword from pg_authid",
    "$1",
    "\\'; select pg_sleep(5); --",
    "1/**/or/**/1=1",
    "0x31",
    "1e3",
    "-1",
    "18446744073709551616",
    "9223372036854775808",
    "NaN",
    "null",
    "",
    " 1",
    "1 ",
    "\u0000",
    "\ud800",
    "{}",
    "[]",
    "\u2019 or 1=1",
    "%27%20or%201=1",
    "'||(select version())||'",
    "a".repeat(5_000),
  ];

  test.each(cases)("$name: no parameter reaches the statement's text (T9)", async ({ name, listing }) => {
    for (const parameter of parametersOf(listing)) {
      for (const attack of CORPUS) {
        const { status, page, text } = await get(name, { [parameter]: attack });
        expect([parameter, attack, [200, 400].includes(status)]).toEqual([parameter, attack, true]);
        if (status === 200) expect([parameter, attack, page.items]).toEqual([parameter, attack, []]);
        if (status === 400) expect(JSON.parse(text).error.code).toMatch(/^(QUERY|CURSOR)$/);
      }
    }
    const [count] = await sql<{ count: bigint }[]>`select count(*) as count from index.results`;
    expect(count?.count).toBe(BigInt(SHAPE.blocks * SHAPE.rowsPerBlock));
  });

  test.each([
    "colour",
    "__proto__",
    "constructor",
    "toString",
    "limit;drop",
    "JOB_ID",
    "",
  ])("an unknown parameter %j is refused with those that there are", async (parameter) => {
    const response = await server.inject({ method: "GET", url: `/index/v1/results?${encodeURIComponent(parameter)}=1` });
    if (parameter === "" || parameter === "__proto__") expect([200, 400]).toContain(response.statusCode);
    else {
      expect(response.statusCode).toBe(400);
      expect(response.json().error.message).toContain("job_id, lane, payer");
    }
  });

  test("a parameter given twice, a page too long, another listing's cursor, a word that is none", async () => {
    for (const [url, reason] of [
      ["results?lane=1&lane=2", "lane: expected one value"],
      ["results?limit=0", "limit: expected 1 to 1000"],
      ["results?limit=1001", "limit: expected 1 to 1000"],
      [`results?cursor=${makeCursor("blocks", ["1"])}`, "cursor: expected one that an earlier answer of results gave"],
      [`results?cursor=${makeCursor("results", ["1; drop table x"])}`, "cursor: expected a number"],
      [`models?cursor=${makeCursor("models", ["a"])}`, "cursor: expected one"],
      ["results?outcome=lost", "outcome: expected one of paid, void, refunded"],
      ["results?kind=block", "kind: expected number beside it"],
      ["status?x=1", "x: expected no parameter"],
    ] as const) {
      const response = await server.inject({ method: "GET", url: `/index/v1/${url}` });
      expect([url, response.statusCode]).toEqual([url, 400]);
      expect(response.json().error.message).toContain(reason);
    }
  });

  test("other paths and methods are not found, and nothing tells of the database", async () => {
    for (const [method, url] of [
      ["GET", "/index/v1/secrets"],
      ["POST", "/index/v1/results"],
      ["DELETE", "/index/v1/results"],
      ["GET", "/index/v1/results/../../etc/passwd"],
    ] as const) {
      expect((await server.inject({ method, url })).statusCode).toBe(404);
    }
  });
});

describe("status and description", () => {
  test("says how far the index is and what it found wrong", async () => {
    const response = await server.inject({ method: "GET", url: "/index/v1/status" });
    expect(response.json()).toMatchObject({
      height: "2000",
      chain_height: "2003",
      heights_behind: "3",
      violations: "7",
      is_following: true,
      final_log: { size: "2000" },
    });
  });

  test("every listing is described with its parameters and columns", async () => {
    const { paths } = (await server.inject({ method: "GET", url: "/index/v1/openapi.json" })).json();
    for (const { name, listing } of cases) {
      const described = paths[`/index/v1/${name}`].get;
      expect(described.parameters.map((each: { name: string }) => each.name)).toEqual(parametersOf(listing));
      expect(Object.keys(described.responses["200"].content["application/json"].schema.properties.items.items.properties)).toEqual(
        Object.keys(VIEWS[listing.view]?.columns ?? {}),
      );
    }
  });
});

describe("the reading role", () => {
  let reader: Sql;
  beforeAll(() => {
    reader = connectSql(urlOfRole(adminUrl, "reader", passwords.reader), { name: "test", connectionsMax: 1 });
  });
  afterAll(() => closeSql(reader));

  test("selects from every published view, and their columns are those described", async () => {
    const found = await sql<{ view: string; column: string }[]>`select table_name as view, column_name as column from information_schema.columns
      where table_schema = 'index' and table_name like 'v1\\_%' order by table_name, ordinal_position`;
    const columns: Record<string, string[]> = {};
    for (const { view, column } of found) columns[view] = [...(columns[view] ?? []), column];
    expect(columns).toEqual(Object.fromEntries(Object.entries(VIEWS).map(([view, { columns: described }]) => [view, Object.keys(described)])));
    for (const view of Object.keys(VIEWS)) expect((await reader`select * from ${reader(`index.${view}`)} limit 1`).length).toBe(1);
  });

  test("reads no table, writes nothing, makes nothing", async () => {
    const tables = await sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'index'`;
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) await expect(reader`select 1 from ${reader(`index.${name}`)}`).rejects.toMatchObject({ code: "42501" });
    const denied = [
      "insert into index.v1_terms values (9, 1, '', 1, '')",
      "update index.v1_terms set term = 9",
      "delete from index.v1_violations",
      "truncate index.results",
      "create table index.mine (a integer)",
      "create view index.v1_mine as select 1",
      "create schema mine",
      "create table public.mine (a integer)",
      "drop view index.v1_terms",
      "grant select on index.v1_terms to public",
      "select pg_read_file('/etc/passwd')",
      "set role lamina_indexer",
    ];
    for (const statement of denied) {
      expect([
        statement,
        await reader.unsafe(statement).then(
          () => "done",
          (error: { code: string }) => error.code,
        ),
      ]).toEqual([statement, statement.startsWith("grant") ? expect.stringMatching(/42501|done/) : expect.stringMatching(/42501|55000|0A000/)]);
    }
    expect((await sql`select 1 from index.v1_terms`).length).toBe(2);
  });
});

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Plan Rows": number;
  readonly Plans?: readonly PlanNode[];
}

function flatten(node: PlanNode | undefined): PlanNode[] {
  return node === undefined ? [] : [node, ...(node.Plans ?? []).flatMap(flatten)];
}

function keyOf({ order }: Listing, item: Record<string, unknown>): string {
  return order.map(({ as }) => String(item[as])).join("/");
}

async function walk(name: string, listing: Listing, query: Record<string, string>, limit: number, pagesMax: number): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < pagesMax; pages++) {
    const { status, page } = await get(name, { ...query, limit: `${limit}`, ...(cursor === null ? {} : { cursor }) });
    if (status === 400) return found;
    found.push(...page.items.map((item) => keyOf(listing, item)));
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return found;
}

/** The same lines asked of the view alone, by a condition written for this test. */
async function expectedKeys(listing: Listing, parameter: string, value: string): Promise<string[]> {
  const columns: Record<string, string> = {
    batch_id: listing.view === "v1_results" ? "block_id in (select id from index.v1_blocks where batch_id = $1)" : "batch_id = $1",
    from_height: `${heightOf(listing)} >= $1::bigint`,
    to_height: `${heightOf(listing)} <= $1::bigint`,
    from_index: "log_index >= $1::bigint",
    to_index: "log_index <= $1::bigint",
    signing_key: "operator_id in (select operator_id from index.v1_signing_keys where signing_key = $1)",
  };
  if (listing.view === "v1_runs") columns["batch_id"] = "block_id in (select id from index.v1_blocks where batch_id = $1)";
  const condition = columns[parameter] ?? `"${parameter}"::text = $1`;
  const order = listing.order.map(({ as }) => `"${as}" ${listing.descending ? "desc" : "asc"}`).join(", ");
  const lines = await sql.unsafe<Record<string, unknown>[]>(
    `select * from index.${listing.view} where ${condition} order by ${order} limit ${PAGE_MAX}`,
    [value],
  );
  return lines.map((line) => keyOf(listing, line));
}

function heightOf({ view }: Listing): string {
  return view === "v1_results" || view === "v1_blocks" ? "accepted_height" : "height";
}

const CHECKS: Record<ViewColumn["type"], (value: unknown) => boolean> = {
  decimal: (value) => typeof value === "string" && /^-?\d+$/.test(value),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  text: (value) => typeof value === "string",
  hex: (value) => typeof value === "string" && /^[0-9a-f]*$/.test(value),
  moment: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
  list: Array.isArray,
  exceptions: Array.isArray,
  offers: Array.isArray,
};

function problemOf({ type, nullable }: ViewColumn, value: unknown): string | undefined {
  if (value === null) return nullable === true ? undefined : "null";
  return CHECKS[type](value) ? undefined : `${type}: ${JSON.stringify(value)}`;
}
