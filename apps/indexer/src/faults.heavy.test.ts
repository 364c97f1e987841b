import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeSql, connectSql } from "@lamina/db";
import { TestPostgres } from "@lamina/db/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CRASH_POINTS, REBUILD_CRASH_POINTS } from "./crash-points.ts";
import { indexDigest } from "./digest/index-digest.ts";
import { type IndexFacts, indexFacts } from "./testing/index-facts.ts";
import { IndexerProcess } from "./testing/indexer-process.ts";
import { RecordedNode } from "./testing/recorded-node.ts";
import { TestIndex } from "./testing/test-index.ts";

const LONG = process.env["LAMINA_LONG"] === "1";
const directory = mkdtempSync(join(tmpdir(), "lamina-indexer-"));
const running: IndexerProcess[] = [];
let facts: IndexFacts;
let postgres: TestPostgres;
let node: RecordedNode;
let heights: number;
let digest: Record<string, string>;

beforeAll(async () => {
  facts = indexFacts();
  heights = facts.chain.heights.length;
  postgres = await TestPostgres.start();
  node = new RecordedNode(facts.chain);
  await node.start();
  const databaseUrl = await postgres.createDatabase();
  const index = await TestIndex.open({ databaseUrl, rpcUrl: node.url, chainId: facts.chain.chainId });
  await index.catchUp();
  await index.close();
  digest = await digestOf(databaseUrl);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop("SIGKILL")));
});

afterAll(async () => {
  await node.stop();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function digestOf(databaseUrl: string): Promise<Record<string, string>> {
  const sql = connectSql(databaseUrl, { name: "test", connectionsMax: 1 });
  try {
    return await indexDigest(sql);
  } finally {
    await closeSql(sql);
  }
}

let files = 0;

function start(databaseUrl: string, more: Record<string, string> = {}, task?: string): IndexerProcess {
  const path = join(directory, `database-url-${++files}`);
  writeFileSync(path, `${databaseUrl}\n`, { mode: 0o600 });
  const variables = { CHAIN_ID: facts.chain.chainId, RPC_URL: node.url, DATABASE_URL_FILE: path, CHAIN_POLL_MS: "20", GROUP_RESULTS: "4" };
  const process = new IndexerProcess({ ...variables, ...more }, task);
  running.push(process);
  return process;
}

describe("killed anywhere, it goes on and comes out equal (I28, T57)", () => {
  const passings = LONG ? [1, 2, 3, 5, 8, 13, 21] : [3];

  test.each(CRASH_POINTS.flatMap((step) => passings.map((passing) => ({ step, passing }))))("at $step, passing $passing", async ({
    step,
    passing,
  }) => {
    const databaseUrl = await postgres.createDatabase();
    const killed = start(databaseUrl, { LAMINA_CRASH_AT: `${step}:${step === "indexer.migrated" ? 1 : passing}` });
    expect(await killed.exited).toBe("SIGKILL");
    const recovered = start(databaseUrl);
    await recovered.awaitHeight(heights);
    expect(await recovered.stop()).toBe(0);
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });

  test.each(REBUILD_CRASH_POINTS)("a rebuild at %s; then the rebuild gives the same index", async (step) => {
    const databaseUrl = await postgres.createDatabase();
    const first = start(databaseUrl);
    await first.awaitHeight(heights);
    await first.stop();
    expect(await start(databaseUrl, { LAMINA_CRASH_AT: step }, "rebuild").exited).toBe("SIGKILL");
    expect(await start(databaseUrl, {}, "rebuild").exited).toBe(0);
    const again = start(databaseUrl);
    await again.awaitHeight(heights);
    const printed = start(databaseUrl, {}, "digest");
    expect(await printed.exited).toBe(0);
    expect(JSON.parse(printed.output)).toEqual(digest);
  });
});

describe("what it depends on goes away and comes back", () => {
  test("Postgres is killed again and again while heights are written", async () => {
    const databaseUrl = await postgres.createDatabase();
    const process = start(databaseUrl);
    await process.url();
    for (let round = 0; round < (LONG ? 20 : 2); round++) {
      await new Promise((resolve) => setTimeout(resolve, 150 + 37 * round));
      await postgres.kill();
      await postgres.boot();
    }
    await process.awaitHeight(heights);
    expect(await process.stop()).toBe(0);
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });

  test("the node is unreachable, also at the start", async () => {
    const databaseUrl = await postgres.createDatabase();
    const away = new RecordedNode(facts.chain);
    await away.start();
    away.latest = 30;
    await away.stop();
    const process = start(databaseUrl, { RPC_URL: away.url });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await away.start();
    await process.awaitHeight(30);
    await away.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    away.latest = heights;
    await away.start();
    await process.awaitHeight(heights);
    expect(await process.stop()).toBe(0);
    await away.stop();
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });

  test("a latest height that the node has not run yet is waited for", async () => {
    const databaseUrl = await postgres.createDatabase();
    const young = new RecordedNode(facts.chain);
    young.latest = 30;
    young.isLatestRun = false;
    await young.start();
    const process = start(databaseUrl, { RPC_URL: young.url });
    await process.awaitHeight(29);
    expect(process.isRunning).toBe(true);
    young.isLatestRun = true;
    await process.awaitHeight(30);
    await process.stop();
    await young.stop();
  });

  test("two indexers of one database write each height once between them", async () => {
    const databaseUrl = await postgres.createDatabase();
    const pair = [start(databaseUrl, { GROUP_RESULTS: "3" }), start(databaseUrl, { GROUP_RESULTS: "5" })];
    await Promise.all(pair.map((each) => each.awaitHeight(heights)));
    await Promise.all(pair.map((each) => each.stop()));
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });
});

describe("what it must not follow (I34)", () => {
  async function indexed(upTo: number): Promise<string> {
    const databaseUrl = await postgres.createDatabase();
    const part = new RecordedNode(facts.chain);
    part.latest = upTo;
    await part.start();
    const index = await TestIndex.open({ databaseUrl, rpcUrl: part.url, chainId: facts.chain.chainId });
    await index.catchUp();
    await index.close();
    await part.stop();
    return databaseUrl;
  }

  async function refused(databaseUrl: string, more: Record<string, string> = {}): Promise<string> {
    const process = start(databaseUrl, more);
    expect(await process.exited).toBe(1);
    return process.output;
  }

  test("another chain's index", async () => {
    const databaseUrl = await indexed(10);
    const sql = connectSql(databaseUrl, { name: "test", connectionsMax: 1 });
    await sql`update index.follower set chain_id = 'lamina-other'`;
    await closeSql(sql);
    expect(await refused(databaseUrl)).toContain(`expected chain ${facts.chain.chainId}, found lamina-other`);
  });

  test("a node of another chain", async () => {
    const other = new RecordedNode({ ...facts.chain, chainId: "lamina-other" });
    await other.start();
    expect(await refused(await indexed(10), { RPC_URL: other.url })).toContain(`expected the chain ${facts.chain.chainId}`);
    await other.stop();
  });

  test("a chain that was reset under the same id: at the height that the index holds, and at the next", async () => {
    const reset = (height: number) => {
      const replaced = facts.chain.heights.map(({ block, results }, at) =>
        at + 1 === height ? { results, block: block.replace(/"block_id":\{"hash":"[0-9A-F]{4}/, '"block_id":{"hash":"FFFF') } : { block, results },
      );
      return new RecordedNode({ ...facts.chain, heights: replaced });
    };
    const atTip = reset(10);
    await atTip.start();
    expect(await refused(await indexed(10), { RPC_URL: atTip.url })).toMatch(/height 10: expected header .* found ffff/);
    await atTip.stop();
    const later = reset(20);
    await later.start();
    expect(await refused(await indexed(10), { RPC_URL: later.url })).toMatch(/height 21: expected a parent header ffff/);
    await later.stop();
  });

  test("a node that has pruned what comes next", async () => {
    const pruned = new RecordedNode(facts.chain);
    pruned.earliest = 50;
    await pruned.start();
    expect(await refused(await indexed(10), { RPC_URL: pruned.url })).toContain("expected height 11 at the node, found 50 as its earliest");
    expect(await refused(await postgres.createDatabase(), { RPC_URL: pruned.url })).toContain("expected height 1 at the node");
    pruned.earliest = 11;
    const follows = start(await indexed(10), { RPC_URL: pruned.url });
    await follows.awaitHeight(heights);
    await follows.stop();
    await pruned.stop();
  });

  test("a chain that goes on from an exported genesis, but for the index that followed it so far", async () => {
    const at = 101;
    const genesis = JSON.parse(facts.chain.genesis) as { initial_height: string; app_state: Record<string, Record<string, unknown>> };
    genesis.initial_height = `${at}`;
    genesis.app_state["escrow"] = { ...genesis.app_state["escrow"], lanes: [{}, {}] };
    const restarted = new RecordedNode({
      ...facts.chain,
      genesis: JSON.stringify(genesis),
      heights: facts.chain.heights.slice(at - 1),
      initialHeight: at,
    });
    await restarted.start();
    const output = await refused(await postgres.createDatabase(), { RPC_URL: restarted.url });
    expect(output).toContain(`found escrow.lanes: 2 at initial height ${at}; give this chain the index that followed it up to height ${at - 1}`);
    const databaseUrl = await indexed(at - 1);
    const follows = start(databaseUrl, { RPC_URL: restarted.url });
    await follows.awaitHeight(heights);
    await follows.stop();
    await restarted.stop();
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });

  test("a database that newer or other code has migrated", async () => {
    const databaseUrl = await indexed(10);
    const sql = connectSql(databaseUrl, { name: "test", connectionsMax: 1 });
    await sql`update index.migrations set name = '0000_other.sql' where position = 0`;
    await closeSql(sql);
    expect(await refused(databaseUrl)).toContain("expected migration 0000_start.sql, found 0000_other.sql");
  });

  test("a configuration with faults, all named together and no value told", async () => {
    const output = await refused("postgres://x", { CHAIN_ID: "a b", RPC_URL: "ftp://secret", CHAIN_POLL_MS: "0" });
    for (const variable of ["CHAIN_ID", "RPC_URL", "CHAIN_POLL_MS"]) expect(output).toContain(variable);
    expect(output).not.toContain("secret");
  });
});
