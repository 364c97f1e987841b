import { fromBinary } from "@bufbuild/protobuf";
import { closeSql, connectSql, type Sql } from "@lamina/db";
import { TestPostgres } from "@lamina/db/testing";
import { logRoot } from "@lamina/merkle";
import { type Digest, fromHex, toHex } from "@lamina/primitives";
import { escrowQuery, registryQuery, rollupQuery } from "@lamina/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { indexDigest } from "../digest/index-digest.ts";
import { type IndexFacts, indexFacts } from "../testing/index-facts.ts";
import { RecordedNode } from "../testing/recorded-node.ts";
import { TestIndex } from "../testing/test-index.ts";

let facts: IndexFacts;
let postgres: TestPostgres;
let node: RecordedNode;
let url: string;
let sql: Sql;
let digest: Record<string, string>;

beforeAll(async () => {
  facts = indexFacts();
  postgres = await TestPostgres.start();
  node = new RecordedNode(facts.chain);
  await node.start();
  url = await postgres.createDatabase();
  const index = await TestIndex.open({ databaseUrl: url, rpcUrl: node.url, chainId: facts.chain.chainId });
  expect(await index.catchUp()).toBe(BigInt(facts.chain.heights.length));
  await index.close();
  sql = connectSql(url, { name: "test", connectionsMax: 2 });
  digest = await indexDigest(sql);
});

afterAll(async () => {
  await closeSql(sql);
  await node.stop();
  await postgres.stop();
});

describe("every table says what the chain says", () => {
  test("no invariant is broken", async () => {
    expect(await sql`select * from index.violations`).toEqual([]);
  });

  test("operators", async () => {
    const { operators: workers } = fromBinary(registryQuery.QueryOperatorsResponseSchema, fromHex(facts.state.workers));
    const { operators: sequencers } = fromBinary(registryQuery.QueryOperatorsResponseSchema, fromHex(facts.state.sequencers));
    const expected = [...workers, ...sequencers]
      .sort((left, right) => Number(left.id - right.id))
      .map((operator) => ({
        operator_id: operator.id,
        role: ["", "worker", "sequencer"][operator.role],
        account: operator.operator,
        signing_key: toHex(operator.signingKey),
        status: ["", "active", "paused", "jailed", "convicted", "unbonding", "gone"][operator.status],
        bond_ulam: operator.bond,
        region: operator.region,
        capabilities: operator.capabilities,
        offers: operator.offers.map(({ modelId, unitPrice }) => ({ modelId: toHex(modelId), unitPriceUlam: `${unitPrice}` })),
        registered_height: operator.registeredHeight,
        unbonding_since: `${operator.unbondingSince}`,
        unbonding_ends: `${operator.unbondingEnds}`,
      }));
    const found = await sql`select operator_id, role, account, signing_key, status, bond_ulam, region, capabilities, offers, registered_height,
      unbonding_since, unbonding_ends from index.v1_operators order by operator_id`;
    expect([...found]).toEqual(expected);
    expect(new Set(expected.map(({ status }) => status))).toEqual(new Set(["active", "convicted", "gone"]));
    const bonds = expected.reduce((sum, { bond_ulam: bond }) => sum + BigInt(bond), 0n);
    expect(`${bonds}`).toBe(facts.state.registry);
  });

  test("lanes, with the balances that rows and refunds left", async () => {
    const { lanes } = fromBinary(escrowQuery.QueryLanesResponseSchema, fromHex(facts.state.lanes));
    const found = await sql`select lane, payer, spender_key, balance_ulam, end_height, models, levels, is_revoked, is_closed, registered_height
      from index.v1_lanes order by lane`;
    expect([...found]).toEqual(
      lanes.map((lane) => ({
        lane: lane.id,
        payer: lane.payer,
        spender_key: toHex(lane.spenderKey),
        balance_ulam: lane.balance,
        end_height: `${lane.endHeight}`,
        models: lane.models.map((model) => toHex(model)),
        levels: lane.levels,
        is_revoked: lane.revoked,
        is_closed: lane.closed,
        registered_height: lane.registeredHeight,
      })),
    );
    expect(lanes.some(({ closed }) => closed) && lanes.some(({ revoked }) => revoked)).toBe(true);
  });

  test("deposits, and the escrow to the last unit (I2)", async () => {
    const found = await sql<{ payer: string; free_ulam: string }[]>`select payer, free_ulam from index.v1_deposits`;
    expect(Object.fromEntries(found.map((line) => [line.payer, line.free_ulam]))).toEqual(facts.state.deposits);
    const [sum] = await sql<{ total: string }[]>`select (select sum(free_ulam + leaving_ulam) from index.v1_deposits)
      + (select sum(balance_ulam) from index.v1_lanes) + (select sum(debited_ulam) from index.v1_blocks where final_height is null) as total`;
    expect(sum?.total).toBe(facts.state.escrow);
  });

  test("models and their versions", async () => {
    const { versions } = fromBinary(registryQuery.QueryModelsResponseSchema, fromHex(facts.state.models));
    const found = await sql`select name, version, model_id, publisher, registered_height from index.v1_models order by name, version`;
    const expected = versions.map((each) => ({
      name: each.name,
      version: each.version,
      model_id: toHex(each.modelId),
      publisher: each.publisher,
      registered_height: each.registeredHeight,
    }));
    expect([...found]).toEqual(expected.sort((left, right) => (`${left.name} ${left.version}` < `${right.name} ${right.version}` ? -1 : 1)));
    expect(found).toHaveLength(3);
    const [{ count } = { count: 0n }] = await sql<{ count: bigint }[]>`select count(*) as count from index.models`;
    expect(count).toBe(2n);
  });

  test("terms", async () => {
    const { term } = fromBinary(rollupQuery.QueryTermResponseSchema, fromHex(facts.state.term));
    const found = await sql`select term, operator_id, key, started_height from index.v1_terms order by term desc limit 1`;
    expect(found[0]).toEqual({
      term: term?.term,
      operator_id: term?.operatorId,
      key: toHex(term?.key ?? new Uint8Array()),
      started_height: term?.startedHeight,
    });
    const [last] = await sql<{ number: bigint; header_hash: string }[]>`
      select number, header_hash from index.v1_blocks where kind = 'block' order by number desc limit 1`;
    expect(last).toEqual({ number: term?.acceptedNumber, header_hash: toHex(term?.acceptedHash ?? new Uint8Array()) });
  });

  test("the final log: its leaves give the chain's peaks", async () => {
    const { finalLog } = fromBinary(rollupQuery.QueryFinalLogResponseSchema, fromHex(facts.state.finalLog));
    const leaves = await sql<{ log_index: bigint; record: string }[]>`select log_index, record from index.v1_final_log order by log_index`;
    expect(leaves.map(({ log_index: at }) => at)).toEqual(leaves.map((_, at) => BigInt(at)));
    expect(BigInt(leaves.length)).toBe(finalLog?.size);
    const [line] = await sql<{ final_log_peaks: Buffer }[]>`select final_log_peaks from index.follower`;
    expect(toHex(line?.final_log_peaks ?? new Uint8Array())).toBe((finalLog?.peaks ?? []).map((peak) => toHex(peak)).join(""));
    const { merkleRoot } = await import("@lamina/merkle");
    expect(merkleRoot(leaves.map(({ record }) => fromHex(record)))).toEqual(logRoot((finalLog?.peaks ?? []) as Digest[]));
  });

  test("every outcome and reason that was caused is there", async () => {
    const found = await sql<{ outcome: string; reason: string; count: bigint }[]>`
      select outcome, reason, count(*) as count from index.v1_results group by outcome, reason order by outcome, reason`;
    expect(Object.fromEntries(found.map(({ outcome, reason, count }) => [`${outcome} ${reason}`.trim(), Number(count)]))).toMatchInlineSnapshot(`
      {
        "paid": 25,
        "paid individually_signed": 8,
        "refunded worker_convicted": 3,
        "skipped already_settled": 3,
        "void expired": 1,
        "void forked_log": 1,
        "void incarnation_closed": 1,
        "void lane_exhausted": 2,
        "void lane_revoked": 1,
        "void nonce_out_of_range": 1,
        "void nonce_used": 1,
        "void over_ceiling": 2,
        "void settle_by_too_far": 1,
        "void unknown_profile": 1,
        "void worker_jailed": 1,
        "void wrong_charge": 1,
        "void wrong_items": 1,
        "void wrong_units": 1,
      }
    `);
  });

  test("each debited row is debited once, and blocks pay what they took (I4, I5)", async () => {
    const twice = await sql`select job_id from index.v1_results where outcome not in ('void', 'skipped') group by job_id having count(*) > 1`;
    expect(twice).toHaveLength(0);
    const wrong = await sql`select b.id from index.v1_blocks b join index.v1_results r on r.block_id = b.id
      group by b.id, b.debited_ulam having sum(r.debited_ulam) <> b.debited_ulam`;
    expect(wrong).toHaveLength(0);
    const unpaid = await sql`select id from index.v1_blocks
      where final_height is not null and workers_paid_ulam + sequencer_paid_ulam + protocol_paid_ulam + refunded_ulam <> debited_ulam`;
    expect(unpaid).toHaveLength(0);
    const carried = await sql`select block_id from index.v1_transfers where block_id is not null group by block_id having count(distinct height) > 1`;
    expect(carried.length, "finality of some block took several heights").toBeGreaterThan(0);
  });
});

describe("exactly once (I28, T57)", () => {
  async function digestOf(databaseUrl: string): Promise<Record<string, string>> {
    const other = connectSql(databaseUrl, { name: "test", connectionsMax: 1 });
    try {
      return await indexDigest(other);
    } finally {
      await closeSql(other);
    }
  }

  test.each([
    ["a height at a time", { groupHeights: 1, prefetch: 1 }],
    ["by small groups", { groupHeights: 7, groupResults: 5 }],
    ["by large groups", { groupHeights: 10_000, groupResults: 100_000, prefetch: 256 }],
  ])("written %s it comes out equal", async (_, options) => {
    const databaseUrl = await postgres.createDatabase();
    const index = await TestIndex.open({ databaseUrl, rpcUrl: node.url, chainId: facts.chain.chainId, options });
    await index.catchUp();
    await index.close();
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });

  test("opened anew at every height it comes out equal: nothing lives in memory alone", async () => {
    const databaseUrl = await postgres.createDatabase();
    const slow = new RecordedNode(facts.chain);
    await slow.start();
    // The quiet stretch is taken in one step.
    const busy = facts.chain.heights.flatMap(({ results }, at) => (results.includes("lamina.") ? [at + 1] : []));
    for (const height of [...busy, facts.chain.heights.length]) {
      slow.latest = height;
      const index = await TestIndex.open({ databaseUrl, rpcUrl: slow.url, chainId: facts.chain.chainId });
      await index.catchUp();
      await index.close();
    }
    await slow.stop();
    expect(await digestOf(databaseUrl)).toEqual(digest);
  });
});
