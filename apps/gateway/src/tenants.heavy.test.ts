import { ROUTES, type Route } from "@lamina/api";
import { closeSql, connectSql } from "@lamina/db";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DIGITS, digitsRequest, testClient } from "./testing/http-client.ts";
import { TestNetwork } from "./testing/test-network.ts";

interface Tenant {
  readonly id: string;
  readonly key: string;
  readonly keyId: string;
  readonly jobId: string;
  readonly requestId: string;
}

let network: TestNetwork;
const tenants: Tenant[] = [];

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker();
  await network.startGateway();
  for (const lane of [1n, 2n]) tenants.push(await makeTenant(lane));
});

afterAll(() => network.stop());

async function makeTenant(lane: bigint): Promise<Tenant> {
  const organisation = await network.addOrganisation(lane);
  const client = testClient(network.url, organisation.key);
  const jobId = (await client.post(DIGITS, digitsRequest())).headers.get("lamina-job-id") ?? "";
  const { id: requestId } = (await (await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), mode: "async" })).json()) as {
    id: string;
  };
  await vi.waitFor(
    async () => {
      expect(await (await client.get(`/lamina/v1/jobs/${requestId}`)).json()).toMatchObject({ state: "answered" });
    },
    { timeout: 60_000, interval: 50 },
  );
  return { ...organisation, jobId, requestId };
}

const routes: Route[] = Object.values(ROUTES);
const paths = (route: Route, { jobId, requestId }: Tenant): string[] => {
  const filled = route.path
    .replace("{model}", "digits")
    .replace("{version}", "1")
    .replace(/^(.*\/quote)$/, "$1?model=digits");
  return filled.includes("{id}") ? [filled.replace("{id}", jobId), filled.replace("{id}", requestId)] : [filled];
};
const bodies: Partial<Record<string, unknown>> = {
  createEmbeddings: { model: "minilm-l6-v2", input: "hello" },
  infer: digitsRequest(),
  inferVersion: digitsRequest(),
  createJob: { model: "digits", ...digitsRequest() },
};

function ask(route: Route, path: string, key: string | undefined): Promise<Response> {
  const client = testClient(network.url, key);
  return route.method === "GET" ? client.get(path) : client.post(path, bodies[route.id]);
}

describe.each(routes.map((route) => [route.id, route] as const))("%s", (_id, route) => {
  test("a key reaches its own and no other tenant's objects (T1)", async () => {
    for (const [mine, other] of [tenants, [...tenants].reverse()] as [Tenant, Tenant][]) {
      for (const path of paths(route, mine)) expect({ path, status: (await ask(route, path, mine.key)).status }).toEqual({ path, status: 200 });
      if (!route.path.includes("{id}")) continue;
      for (const path of paths(route, other)) expect({ path, status: (await ask(route, path, mine.key)).status }).toEqual({ path, status: 404 });
    }
  });

  test("no key and a wrong key are 401, except where none is asked for (T5)", async () => {
    const [path = ""] = paths(route, tenants[0] as Tenant);
    const wrong = `lamina_sk_${"A".repeat(43)}00000000`;
    const statuses = [(await ask(route, path, undefined)).status, (await ask(route, path, wrong)).status];
    expect(statuses).toEqual(route.scope === null ? [200, 200] : [401, 401]);
  });

  test("a key without the scope is 403", async () => {
    if (route.scope === null) return;
    const others = ["models", "infer", "account"].filter((scope) => scope !== route.scope);
    const { key } = await network.admin<{ key: string }>("POST", `/admin/v1/organisations/${tenants[0]?.id}/keys`, {
      name: "narrow",
      scopes: others,
    });
    const [path = ""] = paths(route, tenants[0] as Tenant);
    expect((await ask(route, path, key)).status).toBe(403);
  });
});

test("one tenant's idempotency key is nothing to another", async () => {
  const answers = await Promise.all(
    tenants.map(async ({ key }, index) => testClient(network.url, key).post(DIGITS, digitsRequest(index / 4), { "idempotency-key": "shared-name" })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(answers.map(({ headers }) => headers.get("lamina-job-id"))).size).toBe(2);
});

test("a revoked key is refused everywhere within the time that its record is kept, an expired one at once", async () => {
  const [tenant] = tenants;
  const makeKey = (more: object) =>
    network.admin<{ id: string; key: string }>("POST", `/admin/v1/organisations/${tenant?.id}/keys`, { name: "short", ...more });
  const { id, key } = await makeKey({});
  const client = testClient(network.url, key);
  expect((await client.get("/v1/models")).status).toBe(200);
  await network.admin("DELETE", `/admin/v1/keys/${id}`);
  await expect.poll(async () => (await client.get("/v1/models")).status, { timeout: 60_000 }).toBe(401);
  const expired = await makeKey({ expires_at: "2020-01-01T00:00:00Z" });
  expect((await testClient(network.url, expired.key).get("/v1/models")).status).toBe(401);
});

test("the database holds no usable key, and neither inputs nor outputs in the clear (T2)", async () => {
  const sql = connectSql(network.databaseUrl, { name: "test", connectionsMax: 1 });
  const rows = await sql`select * from gateway.api_keys`;
  const dump = JSON.stringify(rows, (_name, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  for (const { key } of tenants) {
    expect(dump).not.toContain(key.slice(10));
    expect(dump).not.toContain(Buffer.from(key).toString("hex"));
  }
  const requests = await sql<{ work: Buffer }[]>`select work from gateway.requests`;
  expect(requests.length).toBeGreaterThan(0);
  for (const { work } of requests) expect(work.includes(Buffer.from(new Float32Array(8).fill(0.5).buffer))).toBe(false);
  await closeSql(sql);
});

test("administration is not on the public listener, and asks for its token", async () => {
  expect((await fetch(`${network.url}/admin/v1/organisations`, { method: "POST", body: "{}" })).status).toBe(404);
  expect((await fetch(`${network.url}/metrics`)).status).toBe(404);
  expect((await fetch(`${network.adminUrl}/admin/v1/spenders`)).status).toBe(401);
  const metrics = await (await fetch(`${network.adminUrl}/metrics`)).text();
  expect(metrics).toContain("lamina_gateway_requests_total");
  for (const { key, jobId } of tenants) expect(metrics.includes(key) || metrics.includes(jobId)).toBe(false);
});

test("logs hold neither keys nor inputs (I31)", () => {
  const text = JSON.stringify(network.logger.lines);
  for (const { key } of tenants) expect(text).not.toContain(key);
  expect(text).not.toContain("0.5,0.5");
  expect(text).not.toContain("11".repeat(32));
});
