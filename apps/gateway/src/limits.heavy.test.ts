import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { spendBytes, spendRoot, verifyEd25519Strict } from "@lamina/codec";
import { closeSql, connectSql, type Sql } from "@lamina/db";
import { type Bus, spendService } from "@lamina/messaging";
import { fromHex, jobId } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DIGITS, digitsRequest, testClient } from "./testing/http-client.ts";
import { CHAIN_ID, TestNetwork } from "./testing/test-network.ts";

let network: TestNetwork;
let sql: Sql;
let lane = 10n;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker({ unitPrice: 10n });
  // Two gateways on one database: limits hold over both.
  await network.startGateway({ GATEWAY_BUDGET_BLOCK: "100" });
  await network.startGateway({ GATEWAY_BUDGET_BLOCK: "100" });
  sql = connectSql(network.databaseUrl, { name: "test", connectionsMax: 2 });
});

afterAll(async () => {
  await closeSql(sql);
  await network.stop();
});

/** On a lane of its own: a lane pays for one organisation. */
async function organisation(options: Parameters<TestNetwork["addOrganisation"]>[1] = {}) {
  lane += 1n;
  network.chain.addLane(lane, network.spenderKey);
  const made = await network.addOrganisation(lane, options);
  await known(made.key);
  return { ...made, lane };
}

/** Every gateway has read the lane of that key from Postgres and from the chain, and heard of the worker. */
async function known(key: string): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const client of clients(key)) {
        expect(await (await client.get("/lamina/v1/account")).json()).toMatchObject({ lanes: [{ balance: expect.any(String) }] });
        expect((await client.get("/v2/models/digits/ready")).status).toBe(200);
      }
    },
    { timeout: 60_000, interval: 100 },
  );
}

const clients = (key: string) => network.urls.map((url) => testClient(url, key));

async function statuses(key: string, count: number): Promise<number[]> {
  const [first, second] = clients(key);
  return Promise.all(
    Array.from(
      { length: count },
      async (_, at) => (await ((at % 2 === 0 ? first : second) ?? testClient(network.url, key)).post(DIGITS, digitsRequest())).status,
    ),
  );
}

describe("a spend limit", () => {
  test("holds under concurrency over two gateways, to the last unit", async () => {
    // A job costs 10 and may cost 12; 25 of them are allowed at most.
    const { key, id } = await organisation({ spendLimit: 250n });
    const all = await statuses(key, 80);
    const paid = all.filter((status) => status === 200).length;
    expect(new Set(all)).toEqual(new Set([200, 429]));
    expect(paid).toBeLessThanOrEqual(25);
    // What is held for jobs under way may keep the last ones out, but not more.
    const rest = await statuses(key, 40);
    const total = paid + rest.filter((status) => status === 200).length;
    expect(total).toBeGreaterThanOrEqual(20);
    expect(total).toBeLessThanOrEqual(25);
    const [charged] = await sql<{ sum: bigint }[]>`select coalesce(sum(charge_ulam), 0)::int8 as sum from gateway.jobs where organisation_id = ${id}`;
    const [budget] = await sql<{ spent_ulam: bigint }[]>`select spent_ulam from gateway.budgets where id = ${id}`;
    expect(charged?.sum).toBe(BigInt(total) * 10n);
    expect(budget?.spent_ulam).toBeLessThanOrEqual(250n);
    expect(budget?.spent_ulam).toBeGreaterThanOrEqual(charged?.sum ?? 0n);
  });

  test("of a key alone, and is told as such", async () => {
    const { key } = await organisation({ key: { spend_limit: "24" } });
    const client = testClient(network.url, key);
    expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
    expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
    const refused = await client.post("/v1/embeddings", { model: "minilm-l6-v2", input: "x" });
    expect(await refused.json()).toMatchObject({ error: { type: "insufficient_quota", code: "spend_limit" } });
    expect(refused.headers.get("x-should-retry")).toBe("false");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("gives back what a refused job held", async () => {
    const { key } = await organisation({ spendLimit: 12n });
    const client = testClient(network.url, key);
    for (const worker of network.workers) worker.spoil = () => bus.WorkRefusal.OVERLOADED;
    for (let at = 0; at < 5; at++) expect((await client.post(DIGITS, digitsRequest())).status).toBe(503);
    for (const worker of network.workers) worker.spoil = () => undefined;
    expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
  });

  test("counts what nobody answered until it can no longer settle", async () => {
    const { key, id } = await organisation({ spendLimit: 12n });
    const client = testClient(network.url, key);
    for (const worker of network.workers) worker.spoil = () => "silence";
    const lost = await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), timeout_ms: 200 });
    expect(lost.status).toBe(504);
    for (const worker of network.workers) worker.spoil = () => undefined;
    expect((await client.post(DIGITS, digitsRequest())).status).toBe(429);
    network.chain.height_ += 200n;
    await expect
      .poll(async () => (await sql`select 1 from gateway.jobs where organisation_id = ${id} and state = 'expired'`).length, { timeout: 60_000 })
      .toBe(1);
    expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
  });
});

test("requests at once are limited, with retry-after", async () => {
  const { key } = await organisation({ key: { concurrency_max: 1 } });
  const client = testClient(network.url, key);
  const asked = () => network.workers.reduce((sum, worker) => sum + worker.asked.length, 0);
  const before = asked();
  const releases = network.workers.map((worker) => worker.hold());
  const first = client.post(DIGITS, digitsRequest());
  await expect.poll(asked, { timeout: 60_000 }).toBe(before + 1);
  const second = await client.post(DIGITS, digitsRequest());
  expect(second.status).toBe(429);
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
  for (const release of releases) release();
  expect((await first).status).toBe(200);
  expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
});

test("requests a minute are limited, with retry-after", async () => {
  const { key } = await organisation({ key: { requests_per_minute: 1 } });
  const client = testClient(network.url, key);
  expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
  const limited = await client.post("/v1/embeddings", { model: "minilm-l6-v2", input: "x" });
  expect(limited.status).toBe(429);
  expect(await limited.json()).toMatchObject({ error: { type: "rate_limit_error", code: "rate_limit" } });
  expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("nonces are never given twice, by two gateways or after a restart (I4, T68)", async () => {
  const { key, lane: own } = await organisation();
  await statuses(key, 30);
  await network.stopGateway(network.gateway);
  await network.startGateway({ GATEWAY_BUDGET_BLOCK: "100" });
  await known(key);
  await statuses(key, 30);
  const nonces = network.workers.flatMap(({ rows }) => rows.filter((row) => row.lane === own).map((row) => `${row.settleBy / 600n} ${row.nonce}`));
  expect(nonces.length).toBe(60);
  expect(new Set(nonces).size).toBe(60);
});

describe("spend roots", () => {
  let sequencer: Bus;
  let own: { key: string; lane: bigint };
  const ids: string[] = [];

  beforeAll(async () => {
    sequencer = await network.connect({ role: "sequencer", id: "sequencer" });
    own = await organisation();
    for (let at = 0; at < 4; at++)
      ids.push((await testClient(network.url, own.key).post(DIGITS, digitsRequest(at / 8))).headers.get("lamina-job-id") ?? "");
  });

  async function ask(lane: bigint, jobIds: readonly string[]): Promise<bus.SpendRootReply> {
    const request = create(bus.SpendRootRequestSchema, { lane, term: 3n, number: 7n, jobIds: jobIds.map((id) => fromHex(id)) });
    const [spender = ""] = network.spenders.ids;
    const reply = await sequencer.request(spendService(spender), toBinary(bus.SpendRootRequestSchema, request), { timeoutMs: 3_000 });
    return fromBinary(bus.SpendRootReplySchema, reply);
  }

  test("are signed for issued jobs, whichever gateway issued them and also after a restart", async () => {
    // The queue group gives the request to any of the gateways.
    for (let at = 0; at < 6; at++) {
      const { signature, refusal } = await ask(own.lane, ids);
      expect(refusal).toBe("");
      const root = spendRoot(ids.map((id) => jobId(fromHex(id))));
      expect(
        verifyEd25519Strict(network.spenderKey, spendBytes(CHAIN_ID, { lane: own.lane, term: 3n, number: 7n, count: ids.length, root }), signature),
      ).toBe(true);
    }
  });

  test("are not signed for a job that was never issued, one of another lane, or one that is there twice", async () => {
    expect((await ask(own.lane, [...ids, "ab".repeat(32)])).refusal).toContain("1 of 5 jobs");
    expect((await ask(11n, ids)).refusal).toContain("were not issued here for lane 11");
    expect((await ask(own.lane, [...ids, ids[0] ?? ""])).refusal).toContain("distinct");
    expect((await ask(999n, ids)).refusal).toContain("not one of this gateway's");
    expect((await ask(own.lane, [])).refusal).toContain("1..65535");
  });
});
