import { headAfter, headBytes, rowLeafHash } from "@lamina/codec";
import { digest } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DIGITS, digitsRequest, type TestClient, testClient } from "./testing/http-client.ts";
import { CHAIN_ID, TestNetwork } from "./testing/test-network.ts";
import type { Spoil, TestWorker } from "./testing/test-worker.ts";

let network: TestNetwork;
let client: TestClient;
let key: string;
let dear: TestWorker;
let cheap: TestWorker;

beforeAll(async () => {
  network = await TestNetwork.start();
  // The cheaper one is asked first.
  cheap = await network.addWorker({ unitPrice: 3n });
  dear = await network.addWorker({ unitPrice: 9_000n });
  await network.startGateway();
  ({ key } = await network.addOrganisation(1n));
});

beforeEach(async () => {
  for (const worker of [cheap, dear]) {
    worker.spoil = () => undefined;
    worker.state = "serving";
  }
  // A new gateway bears no grudge against the worker that the test before made lie.
  await network.stopGateway(network.gateway);
  await network.startGateway();
  client = testClient(network.url, key);
});

afterAll(() => network.stop());

const flip = (bytes: Uint8Array, at: number) => Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte));

describe("a worker that lies is not believed, and another one is asked", () => {
  const spoils: [string, Spoil][] = [
    ["another row", (answer) => ({ ...answer, row: flip(answer.row, 170) })],
    ["a row of another nonce", (answer) => ({ ...answer, row: flip(answer.row, 59) })],
    ["a dearer row", (answer) => ({ ...answer, row: flip(answer.row, 169) })],
    ["more units", (answer) => ({ ...answer, row: flip(answer.row, 161) })],
    ["no row", (answer) => ({ ...answer, row: new Uint8Array() })],
    [
      "other outputs",
      (answer) => ({
        ...answer,
        outputs: answer.outputs.map((item) => ({ ...item, tensors: item.tensors.map((tensor) => ({ ...tensor, data: flip(tensor.data, 0) })) })),
      }),
    ],
    [
      "outputs of another shape",
      (answer) => ({
        ...answer,
        outputs: answer.outputs.map((item) => ({ ...item, tensors: item.tensors.map((tensor) => ({ ...tensor, dims: [tensor.dims[1] ?? 1, 1] })) })),
      }),
    ],
    ["no outputs", (answer) => ({ ...answer, outputs: [] })],
    ["another previous head", (answer) => ({ ...answer, previousHead: flip(answer.previousHead, 0) })],
    ["a short previous head", (answer) => ({ ...answer, previousHead: answer.previousHead.subarray(1) })],
    ["a row after it that is not there", (answer) => ({ ...answer, following: [new Uint8Array(32)] })],
    ["no head", ({ head: _head, ...answer }) => answer as bus.WorkAnswer],
    ["a wrong signature", (answer) => withHead(answer, (head) => ({ ...head, signature: flip(head.signature, 5) }))],
    ["a head of another log", (answer) => withHead(answer, (head) => ({ ...head, incarnation: 1 }))],
    ["a head over more rows", (answer) => withHead(answer, (head) => ({ ...head, count: head.count + 1n }))],
  ];

  test.each(spoils)("%s", async (_name, spoil) => {
    cheap.spoil = spoil;
    const [lied, told] = [cheap.executed.length, dear.executed.length];
    const response = await client.post(DIGITS, digitsRequest(Math.random()));
    expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
    expect({ lied: cheap.executed.length - lied, told: dear.executed.length - told }).toEqual({ lied: 1, told: 1 });
    expect(response.headers.get("lamina-job-id")).toBe(dear.executed.at(-1));
    expect(network.logger.withMessage("a worker's answer was refused").at(-1)).toMatchObject({ worker: cheap.id, jobId: cheap.executed.at(-1) });
  });
});

function withHead(answer: bus.WorkAnswer, change: (head: bus.SignedHead) => bus.SignedHead): bus.WorkAnswer {
  return answer.head === undefined ? answer : { ...answer, head: change(answer.head) };
}

describe("a worker that does not answer", () => {
  test.each([
    ["refuses as overloaded", bus.WorkRefusal.OVERLOADED],
    ["refuses the price", bus.WorkRefusal.PRICE],
    ["failed at the run", bus.WorkRefusal.EXECUTION_FAILED],
    ["drains", bus.WorkRefusal.DRAINING],
  ])("one that %s: another one is asked", async (_name, reason) => {
    cheap.spoil = () => reason;
    const response = await client.post(DIGITS, digitsRequest());
    expect(response.headers.get("lamina-job-id")).toBe(dear.executed.at(-1));
  });

  test("all overloaded is 503 with retry-after", async () => {
    for (const worker of [cheap, dear]) worker.spoil = () => bus.WorkRefusal.OVERLOADED;
    const response = await client.post(DIGITS, digitsRequest());
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("bad input is the client's, and nobody else is asked", async () => {
    const before = dear.executed.length;
    cheap.spoil = () => bus.WorkRefusal.BAD_INPUT;
    expect((await client.post(DIGITS, digitsRequest())).status).toBe(400);
    expect(dear.executed.length).toBe(before);
  });

  test("silence is 504 once the time is over", async () => {
    for (const worker of [cheap, dear]) worker.spoil = () => "silence";
    const response = await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(), timeout_ms: 300 });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: "deadline", retryable: true } });
  });

  test("no worker at all is 503 with retry-after, and says so beforehand", async () => {
    for (const worker of [cheap, dear]) worker.state = "draining";
    await network.heard();
    const response = await client.post(DIGITS, digitsRequest());
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("2");
    expect((await client.get("/v2/models/digits/ready")).status).toBe(503);
    expect(await (await client.get("/v1/models")).json()).toEqual({ object: "list", data: [] });
  });
});

test("a client that leaves cancels its work", async () => {
  const releases = [cheap.hold(), dear.hold()];
  const asked = () => cheap.asked.length + dear.asked.length;
  const [askedBefore, before] = [asked(), cheap.aborted.length + dear.aborted.length];
  const controller = new AbortController();
  const request = fetch(`${network.url}${DIGITS}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(digitsRequest()),
    signal: controller.signal,
  });
  const left = expect(request).rejects.toThrow();
  await expect.poll(asked, { timeout: 30_000 }).toBe(askedBefore + 1);
  controller.abort();
  await left;
  await expect.poll(() => cheap.aborted.length + dear.aborted.length, { timeout: 30_000 }).toBe(before + 1);
  const cancelled = () => [...cheap.cancelled, ...dear.cancelled];
  await expect.poll(cancelled, { timeout: 30_000 }).toHaveLength(1);
  expect([...cheap.aborted, ...dear.aborted]).toContain(cancelled()[0]);
  for (const release of releases) release();
});

test("one signature over several rows serves each of them", async () => {
  // The worker signs a head over this row and one after it, as it does when answers wait together.
  const extra = new Uint8Array(32).fill(7);
  cheap.spoil = (answer, row) => {
    const previous = digest(answer.previousHead);
    const leaf = rowLeafHash(row);
    const head = headAfter(previous, [leaf, extra]);
    const count = row.index + 2n;
    const signature = cheap.signHead(headBytes(CHAIN_ID, { worker: row.worker, level: 1, param: 0, incarnation: 0, count, head }));
    return withHead({ ...answer, following: [extra] }, (statement) => ({ ...statement, count, head, signature }));
  };
  const response = await client.post(DIGITS, digitsRequest());
  expect(response.headers.get("lamina-job-id")).toBe(cheap.executed.at(-1));
});
