import { closeSql, connectSql, type Sql } from "@lamina/db";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DIGITS, digitsRequest, testClient } from "./testing/http-client.ts";
import type { GatewayProcess } from "./testing/spawn-gateway.ts";
import { TestNetwork } from "./testing/test-network.ts";

const SOON = { timeout: 60_000, interval: 100 };
const BLOCK = 500n;
let network: TestNetwork;
let sql: Sql;
let processes: GatewayProcess[];
let lane = 10n;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker({ unitPrice: 10n });
  for (let at = 0; at < 10; at++) network.chain.addLane(lane + BigInt(at), network.spenderKey);
  // One here, for administration and with a chain whose height the test sets; two in processes of their own.
  await network.startGateway({ GATEWAY_BUDGET_BLOCK: String(BLOCK) });
  const spawn = () => network.spawnGateway({ environment: { GATEWAY_BUDGET_BLOCK: String(BLOCK) } });
  processes = [await spawn(), await spawn()];
  sql = connectSql(network.databaseUrl, { name: "test", connectionsMax: 2 });
});

afterAll(async () => {
  await closeSql(sql);
  for (const each of processes) await each.kill("SIGKILL");
  await network.stop();
});

const post = (url: string | undefined, key: string) => testClient(url ?? "", key).post(DIGITS, digitsRequest());
const asked = () => network.workers.reduce((sum, worker) => sum + worker.asked.length, 0);
const hold = () => {
  const releases = network.workers.map((worker) => worker.hold());
  return () => {
    for (const release of releases) release();
  };
};

/** An organisation on a lane of its own that every gateway knows of. */
async function organisation(options: Parameters<TestNetwork["addOrganisation"]>[1]) {
  const made = await network.addOrganisation(lane++, options);
  for (const url of [network.url, ...processes.map((each) => each.url)]) {
    const client = testClient(url, made.key);
    await expect.poll(async () => (await client.get("/lamina/v1/account")).json(), SOON).toMatchObject({ lanes: [{ balance: expect.any(String) }] });
    await expect.poll(async () => (await client.get("/v2/models/digits/ready")).status, SOON).toBe(200);
  }
  return made;
}

async function spentOf(id: string): Promise<bigint> {
  const [row] = await sql<{ spent_ulam: bigint }[]>`select spent_ulam from gateway.budgets where id = ${id}`;
  return row?.spent_ulam ?? -1n;
}

async function chargesOf(id: string): Promise<bigint> {
  const [row] = await sql<{ sum: bigint }[]>`select coalesce(sum(charge_ulam), 0)::int8 as sum from gateway.jobs where organisation_id = ${id}`;
  return row?.sum ?? -1n;
}

describe("gateways of one database share a key's limits (T4)", () => {
  test("requests a minute: one process's is not the other's as well", async () => {
    const { key } = await organisation({ key: { requests_per_minute: 1 } });
    expect((await post(processes[0]?.url, key)).status).toBe(200);
    const refused = await post(processes[1]?.url, key);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({ error: "this API key may make 1 requests a minute" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("requests at once", async () => {
    const { key } = await organisation({ key: { concurrency_max: 2 } });
    const release = hold();
    const before = asked();
    const running = processes.map(({ url }) => post(url, key));
    await expect.poll(asked, SOON).toBe(before + 2);
    for (const url of [network.url, processes[0]?.url]) expect((await post(url, key)).status).toBe(429);
    release();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
    // The places are back, wherever they were.
    for (const { url } of processes) await expect.poll(async () => (await post(url, key)).status, SOON).toBe(200);
  });

  test("money: both together spend no more than the limit", async () => {
    const { key, id } = await organisation({ spendLimit: 250n });
    const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => post(processes[at % 2]?.url, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(await chargesOf(id)).toBeLessThanOrEqual(250n);
    expect(await spentOf(id)).toBeLessThanOrEqual(250n);
  });
});

test("a killed gateway's places and money are free again, and nothing is spent twice (I6, I7)", async () => {
  const { key, id, keyId } = await organisation({ spendLimit: 2n * BLOCK, key: { concurrency_max: 1 } });
  const known = (await sql<{ id: string }[]>`select id from gateway.instances`).map((row) => row.id);
  const dying = await network.spawnGateway({ environment: { GATEWAY_BUDGET_BLOCK: String(BLOCK) } });
  const [instance] = await sql<{ id: string }[]>`select id from gateway.instances where id <> all(${known})`;
  await expect.poll(async () => (await post(dying.url, key)).status, SOON).toBe(200);
  const release = hold();
  const before = asked();
  const lost = post(dying.url, key).then(
    () => "answered",
    () => "lost",
  );
  await expect.poll(asked, SOON).toBe(before + 1);
  await dying.kill("SIGKILL");
  expect(await lost).toBe("lost");
  release();
  // Nobody knows yet that it is dead: its place is taken and its whole block counts as spent.
  expect((await post(network.url, key)).status).toBe(429);
  expect(await spentOf(id)).toBe(BLOCK);

  await sql`update gateway.instances set seen_at = now() - interval '1 hour' where id = ${instance?.id ?? ""}`;
  await expect.poll(async () => (await post(network.url, key)).status, SOON).toBe(200);
  // What it signed last may still settle, so its money is not given away yet.
  expect(await spentOf(id)).toBe(2n * BLOCK);
  expect(await chargesOf(id)).toBe(20n);
  network.chain.height_ += 1_000n;
  await expect.poll(() => spentOf(id), SOON).toBe(BLOCK + 10n);
  expect(await spentOf(keyId)).toBe(BLOCK + 10n);
  expect(await sql`select 1 from gateway.budget_leases where instance_id = ${instance?.id ?? ""}`).toHaveLength(0);

  // Once all have given back what they hold, what counts is what was charged, to the last unit.
  const { gateway } = network;
  await network.startGateway({ GATEWAY_BUDGET_BLOCK: String(BLOCK) });
  await network.stopGateway(gateway);
  expect(await spentOf(id)).toBe(await chargesOf(id));
  expect(await spentOf(keyId)).toBe(20n);
});
