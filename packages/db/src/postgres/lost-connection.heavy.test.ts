import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { TestPostgres } from "../testing/test-postgres.ts";
import { closeSql, connectSql, type Sql } from "./connect.ts";

// What postgres.js does without patches/postgres-3.4.9.patch: docs/adr/0010.

let postgres: TestPostgres;
let url: string;
let other: Sql;
let sql: Sql;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  url = await postgres.createDatabase();
  other = connectSql(url, { name: "killer", connectionsMax: 1 });
  await other.unsafe("create table written (value int)");
});

beforeEach(() => {
  sql = connectSql(url, { name: "lost-connection", connectionsMax: 1 });
});

afterEach(() => closeSql(sql));

afterAll(async () => {
  await closeSql(other);
  await postgres.stop();
});

/** Ends the session that `on` runs in, as Postgres ends all of them when it is killed. */
async function endSession(on: Pick<Sql, "unsafe">): Promise<void> {
  const [row] = await on.unsafe("select pg_backend_pid() as pid");
  await other.unsafe(`select pg_terminate_backend(${row?.["pid"]}, 5000)`);
}

/** A statement in flight at the loss may fail once; the pool must answer, and with the answer to what was asked. */
async function expectUsable(): Promise<void> {
  await expect.poll(async () => [...(await sql.unsafe("select 3 as three").catch(() => []))]).toEqual([{ three: 3 }]);
}

test.each([0, 1, 20, 200, 1_000])("nothing of a transaction is kept whose session ended, %i ms before its next statement (T16)", async (gapMs) => {
  const outcome = sql.begin(async (transaction) => {
    await transaction.unsafe("insert into written values (1)");
    await endSession(transaction);
    await sleep(gapMs);
    await transaction.unsafe("insert into written values (2)");
    await transaction.unsafe("insert into written values (3)");
  });
  await expect(outcome).rejects.toMatchObject({ code: expect.stringMatching(/CONNECTION_CLOSED|57P01/) });
  await expectUsable();
  expect([...(await other.unsafe("select value from written"))]).toEqual([]);
});

test("a caller that goes on after the loss is refused, also while the pool serves others", async () => {
  const outcome = sql.begin(async (transaction) => {
    await endSession(transaction);
    for (let index = 0; index < 20; index++) {
      await transaction.unsafe("insert into written values (4)").catch(() => undefined);
      await sleep(5);
    }
  });
  const beside = expectUsable();
  await expect(outcome).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  await beside;
  expect([...(await other.unsafe("select value from written"))]).toEqual([]);
});

test("a session that ends within a statement fails it and its transaction, and the process lives", async () => {
  const outcome = sql.begin(async (transaction) => {
    const [row] = await transaction.unsafe("select pg_backend_pid() as pid");
    const ended = other.unsafe(`select pg_terminate_backend(${row?.["pid"]}, 5000)`);
    await Promise.all([transaction.unsafe("select pg_sleep(60)"), ended]);
  });
  await expect(outcome).rejects.toMatchObject({ code: expect.stringMatching(/CONNECTION_CLOSED|57P01/) });
  await expectUsable();
});
