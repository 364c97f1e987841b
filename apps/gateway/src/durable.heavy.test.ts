import { closeSql, connectSql, type Sql } from "@lamina/db";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DIGITS, digitsRequest, type TestClient, testClient } from "./testing/http-client.ts";
import { TestNetwork } from "./testing/test-network.ts";

const LONG = process.env["LAMINA_LONG"] === "1";
/** Only how long a broken build takes to fail: nothing here is expected to take any time. */
const SOON = { timeout: 60_000, interval: 100 };
let network: TestNetwork;
let organisationId: string;
let key: string;
let client: TestClient;
let sql: Sql;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker();
  await network.startGateway();
  ({ key, id: organisationId } = await network.addOrganisation(1n));
  client = testClient(network.url, key);
  sql = connectSql(network.databaseUrl, { name: "test", connectionsMax: 2 });
});

afterAll(async () => {
  await closeSql(sql);
  await network.stop();
});

const executed = () => network.workers.reduce((sum, worker) => sum + worker.executed.length, 0);
const askedJobs = () => network.workers.flatMap((worker) => worker.asked);
const bodyOf = async (response: Response) => ({ status: response.status, job: response.headers.get("lamina-job-id"), text: await response.text() });

describe("an idempotency key", () => {
  test("gives the same answer to the same body, and refuses another body (I8, T11)", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 6 }), async (bodies) => {
        const name = { "idempotency-key": `property-${run++}` };
        const before = executed();
        const answers: Awaited<ReturnType<typeof bodyOf>>[] = [];
        for (const body of bodies) answers.push(await bodyOf(await client.post(DIGITS, digitsRequest(body / 4), name)));
        expect(executed() - before).toBe(1);
        answers.forEach((answer, at) => {
          if (bodies[at] === bodies[0]) expect(answer).toEqual(answers[0]);
          else expect(answer.status).toBe(422);
        });
      }),
      { numRuns: LONG ? 300 : 15 },
    );
  });

  test("runs once although many ask at once", async () => {
    const before = executed();
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => bodyOf(await client.post(DIGITS, digitsRequest(0.9), { "idempotency-key": "crowd" }))),
    );
    expect(executed() - before).toBe(1);
    const told = answers.filter(({ status }) => status === 200);
    expect(told.length).toBeGreaterThan(0);
    for (const answer of told) expect(answer).toEqual(told[0]);
    for (const { status } of answers) expect([200, 409]).toContain(status);
  });

  test("is another one on another route, level or model", async () => {
    const name = { "idempotency-key": "routes" };
    expect((await client.post(DIGITS, digitsRequest(), name)).status).toBe(200);
    expect((await client.post("/v2/models/digits/versions/1/infer", digitsRequest(), name)).status).toBe(422);
    expect((await client.post(DIGITS, digitsRequest(), { ...name, "lamina-reference": "x" })).status).toBe(422);
  });

  test("lets a failure that may pass be tried again", async () => {
    const name = { "idempotency-key": "later" };
    for (const worker of network.workers) worker.state = "draining";
    await network.heard();
    const refused = await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), timeout_ms: 10_000 }, name);
    expect(refused.status).toBe(503);
    for (const worker of network.workers) worker.state = "serving";
    await network.heard();
    expect((await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), timeout_ms: 10_000 }, name)).status).toBe(200);
  });

  test("is printable and not too long", async () => {
    expect((await client.post(DIGITS, digitsRequest(), { "idempotency-key": "x".repeat(256) })).status).toBe(400);
  });
});

describe("an asynchronous job", () => {
  const post = (url = network.url) => testClient(url, key).post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), mode: "async" });
  const stateOf = async (id: string, url = network.url) =>
    (await (await testClient(url, key).get(`/lamina/v1/jobs/${id}`)).json()) as { state: string; job_id: string | null; outputs?: object[] };

  test("is answered later, with outputs and a receipt", async () => {
    const accepted = await post();
    expect(accepted.status).toBe(202);
    const { id } = (await accepted.json()) as { id: string };
    expect(accepted.headers.get("location")).toBe(`/lamina/v1/jobs/${id}`);
    await expect.poll(async () => (await stateOf(id)).state, SOON).toBe("answered");
    const job = await stateOf(id);
    expect(job.outputs).toHaveLength(2);
    expect((await client.get(`/lamina/v1/receipts/${id}`)).headers.get("lamina-job-id")).toBe(job.job_id);
    expect((await stateOf(job.job_id ?? "")).outputs).toHaveLength(2);
  });

  test("waits for a worker, and fails with its deadline", async () => {
    for (const worker of network.workers) worker.state = "draining";
    await network.heard();
    const { id } = (await (await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), mode: "async", timeout_ms: 500 })).json()) as {
      id: string;
    };
    await expect.poll(async () => (await stateOf(id)).state, SOON).toBe("failed");
    expect(await stateOf(id)).toMatchObject({ error: { code: "no_worker" } });
    const { id: later } = (await (await post()).json()) as { id: string };
    for (const worker of network.workers) worker.state = "serving";
    await network.heard();
    await expect.poll(async () => (await stateOf(later)).state, SOON).toBe("answered");
  });

  test("outlives a gateway that drains: another one goes on with the same job", async () => {
    const [before, asked] = [executed(), askedJobs().length];
    const leaving = await network.spawnGateway();
    const releases = network.workers.map((worker) => worker.hold());
    const { id } = (await (await post(leaving.url)).json()) as { id: string };
    await expect.poll(() => askedJobs().length, SOON).toBeGreaterThan(asked);
    await leaving.kill("SIGTERM");
    expect(await leaving.ended).toBe("0");
    for (const release of releases) release();
    await expect.poll(async () => (await stateOf(id)).state, SOON).toBe("answered");
    expect(executed() - before).toBe(1);
  });

  // Where a process may die: before and after each durable step (T10, T15, I6).
  const CRASHES = [
    "gateway.request.storing",
    "gateway.request.stored",
    "gateway.nonces.taken",
    "gateway.job.signed",
    "gateway.request.prepared",
    "gateway.job.sending",
    "gateway.job.replied",
    "gateway.ledger.before",
    "gateway.ledger.after",
    "gateway.request.answered",
    "gateway.request.finished",
  ];

  const kills = Array.from({ length: LONG ? 50 : 1 }, (_, round) => CRASHES.map((crashAt): [string, number] => [crashAt, round])).flat();

  test.each(kills)(
    "killed at %s, round %i: an accepted job is answered, and nothing is run or charged twice",
    {
      timeout: 120_000 * (LONG ? 20 : 1),
    },
    async (crashAt, round) => {
      const before = executed();
      const [spent] = [await jobsOf()];
      const dying = await network.spawnGateway({ crashAt });
      const name = `crash-${crashAt}-${round}`;
      const body = { model: "digits", ...digitsRequest(0.3), mode: "async" };
      const ask = (url: string) => testClient(url, key).post("/lamina/v1/jobs", body, { "idempotency-key": name });
      const first = await ask(dying.url).then(bodyOf, () => undefined);
      // It may still be working on what it accepted.
      expect(await dying.ended).toBe("SIGKILL");
      const second = await bodyOf(await ask(network.url));
      expect(second.status).toBe(202);
      if (first?.status === 202) expect(JSON.parse(second.text)).toMatchObject({ id: (JSON.parse(first.text) as { id: string }).id });
      const { id } = JSON.parse(second.text) as { id: string };
      await expect.poll(async () => (await stateOf(id)).state, SOON).toBe("answered");
      // A job that was sent is sent again as the same job, so that it is one execution and one charge.
      expect(executed() - before).toBe(1);
      expect((await jobsOf()) - spent).toBe(1);
    },
  );

  async function jobsOf(): Promise<number> {
    const [row] = await sql<
      { count: number }[]
    >`select count(*)::int as count from gateway.jobs where organisation_id = ${organisationId} and state = 'answered'`;
    return row?.count ?? 0;
  }
});
