import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DIGITS, digitsRequest, type TestClient, testClient } from "./testing/http-client.ts";
import { TestNetwork } from "./testing/test-network.ts";

let network: TestNetwork;
let key: string;
let client: TestClient;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker();
  await network.startGateway();
  ({ key } = await network.addOrganisation(1n));
  client = testClient(network.url, key);
});

afterAll(() => network.stop());

/** What the server says to these very bytes. */
function raw(text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(network.gateway.port, "127.0.0.1", () => socket.write(text));
    // Of bytes that are not yet a request nothing is said: waiting longer would only find the server's own limit.
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      socket.end();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", (error) => ((error as { code?: string }).code === "ECONNRESET" ? resolve(answer) : reject(error)));
  });
}

const post = (headers: string, body = "") => `POST ${DIGITS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n${headers}\r\n${body}`;

test.each([
  ["a body over 1 MB", "/v2/models/digits/infer", "x".repeat(1_100_000), 413],
  ["nesting deeper than 64", DIGITS, `{"inputs":${"[".repeat(70)}${"]".repeat(70)}}`, 400],
  ["no JSON", DIGITS, "{", 400],
  ["text that is no UTF-8", DIGITS, '{"id":"\ud800"}', 400],
  ["a prototype", DIGITS, `{"__proto__":{"inputs":[]}}`, 400],
  ["a number too large", DIGITS, `{"inputs":[{"name":"features","shape":[1e400],"datatype":"FP32","data":[1]}]}`, 400],
])("%s", async (_name, path, body, status) => {
  const response = await client.post(path, body);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error: expect.any(String) });
});

test("compressed bodies and other content are refused", async () => {
  expect((await client.post(DIGITS, digitsRequest(), { "content-encoding": "gzip" })).status).toBe(415);
  expect((await client.post(DIGITS, digitsRequest(), { "accept-encoding": "gzip, br" })).headers.get("content-encoding")).toBeNull();
});

test.each([
  ["headers over 16 KB", post(`X-Big: ${"a".repeat(20_000)}\r\n`)],
  ["a length and chunks at once", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")],
  ["two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "abcde")],
  ["a negative length", post("Content-Length: -1\r\n")],
  ["a header without a name", post(": x\r\n")],
  ["bare line feeds", `GET /v2/health/live HTTP/1.1\nHost: x\n Folded: y\n\n`],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
])("%s ends without an answer of 5xx", async (_name, bytes) => {
  const answer = await raw(bytes);
  expect(answer).not.toMatch(/^HTTP\/1\.1 [25]/);
  expect((await client.get("/v2/health/live")).status).toBe(200);
});

test("text from clients never makes SQL or a 5xx (T9)", async () => {
  const hostile = [
    "'; drop table gateway.jobs; --",
    "' or '1'='1",
    "\\x00",
    "$" + "{jndi:ldap://x}",
    "a'||pg_sleep(5)||'",
    "%00",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\u202e",
  ];
  for (const text of hostile) {
    const asked = [
      await client.get(`/lamina/v1/jobs/${encodeURIComponent(text)}`),
      await client.get(`/lamina/v1/receipts/${encodeURIComponent(text)}`),
      await client.get(`/v1/models/${encodeURIComponent(text)}`),
      await client.get(`/lamina/v1/quote?model=${encodeURIComponent(text)}`),
      await client.post("/v1/embeddings", { model: text, input: text, user: text }),
      await client.post("/lamina/v1/jobs", { model: "digits", version: text, ...digitsRequest(), reference: text }),
      await client.post(DIGITS, { ...digitsRequest(), id: text }),
    ];
    for (const response of asked) expect(response.status).toBeLessThan(500);
  }
  expect((await client.post(DIGITS, digitsRequest())).status).toBe(200);
});

test("without Postgres nobody is let in and nothing is acknowledged; with it all is as before (T16)", async () => {
  await network.postgres.kill();
  // Its children outlive the postmaster a little, and the key's record is kept for a moment.
  let response = await client.post(DIGITS, digitsRequest());
  await expect
    .poll(
      async () => {
        response = await client.post(DIGITS, digitsRequest());
        return response.status;
      },
      { timeout: 60_000 },
    )
    .toBe(503);
  expect(response.headers.get("retry-after")).not.toBeNull();
  await network.postgres.boot();
  await expect.poll(async () => (await client.post(DIGITS, digitsRequest())).status, { timeout: 60_000 }).toBe(200);
});

test("without the bus requests are 503, and it is found again", async () => {
  await network.nats.kill();
  await expect.poll(async () => (await client.get("/v2/health/ready")).status, { timeout: 60_000 }).toBe(503);
  expect((await client.post(DIGITS, digitsRequest())).status).toBe(503);
  await network.nats.boot();
  await expect.poll(async () => (await client.post(DIGITS, digitsRequest())).status, { timeout: 60_000 }).toBe(200);
});
