import type { Env } from "@lamina/primitives";
import { browserEnv } from "@lamina/primitives/browser";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeGateway, json } from "../testing/fake-gateway.ts";
import { LaminaClient } from "./lamina-client.ts";

const features = { name: "features", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] };
const work = { model: "plain", inputs: [features] };
let gateway: FakeGateway;
let pauses: number[];
let client: LaminaClient;

beforeEach(() => {
  gateway = new FakeGateway();
  pauses = [];
  const real = browserEnv();
  const env: Pick<Env, "timers" | "random" | "clock" | "fetch"> = {
    ...real,
    timers: { ...real.timers, sleep: async (durationMs) => void pauses.push(durationMs) },
  };
  client = new LaminaClient({ baseUrl: "http://gateway.test", apiKey: "lk_test", fetch: gateway.fetch }, env);
});

const native = (code: string, retryable: boolean) => ({ error: { code, message: `it is ${code}`, retryable, details: { param: "inputs" } } });
/** The first `times` requests fail, then the gateway answers. */
function failing(times: number, failure: () => Response | Promise<Response>): void {
  gateway.before = () => (times-- > 0 ? failure() : undefined);
}

describe("errors have the shape of their API", () => {
  test("native", async () => {
    failing(1, () => json(402, native("lane_not_usable", false), { "lamina-request-id": "r1" }));
    await expect(client.jobs.run(work)).rejects.toMatchObject({
      name: "ApiError",
      code: "lane_not_usable",
      kind: "forbidden",
      retryable: false,
      message: "it is lane_not_usable",
      details: { status: 402, param: "inputs", requestId: "r1" },
    });
  });

  test("OpenAI's", async () => {
    const error = { message: "no such model", type: "invalid_request_error", param: "model", code: "model_not_found" };
    failing(1, () => json(404, { error }));
    await expect(client.embeddings("x", "text")).rejects.toMatchObject({ code: "model_not_found", kind: "not-found", details: { param: "model" } });
  });

  test("the Open Inference Protocol's", async () => {
    failing(1, () => json(400, { error: 'tensor "features": the input is empty' }));
    await expect(client.infer("plain", [features])).rejects.toMatchObject({
      code: "http_400",
      kind: "invalid",
      message: 'tensor "features": the input is empty',
    });
  });

  test("a proxy's, in no shape at all", async () => {
    failing(1, () => new Response("<html>", { status: 400 }));
    await expect(client.account()).rejects.toMatchObject({ code: "http_400", message: "the gateway answered 400" });
  });

  test.each([
    ["no JSON", "{", "answer must be JSON"],
    ["no receipt", '{"id":"a","job_id":"a","state":"answered","outputs":[]}', "answer.receipt must be present"],
    [
      "outputs in words",
      '{"job_id":"a","receipt":"","outputs":[{"name":"s","datatype":"FP32","shape":[1],"data":["1"]}]}',
      "output s must be numbers",
    ],
  ])("an answer with %s", async (_name, body, problem) => {
    failing(1, () => new Response(body));
    await expect(client.jobs.run(work)).rejects.toThrow(problem);
  });
});

describe("requests are repeated where nothing can run twice", () => {
  test("one that only reads, after whatever may pass", async () => {
    failing(2, () => json(503, native("not_ready", true)));
    const { jobId } = await client.jobs.run(work, { idempotencyKey: "k1" });
    failing(2, () => Promise.reject(new TypeError("connection reset")));
    expect((await client.receipts.get(jobId)).stage).toBe("signed");
    expect(pauses).toHaveLength(4);
  });

  test("a run with an idempotency key, with the very same body", async () => {
    failing(1, () => Promise.reject(new TypeError("connection reset")));
    await client.jobs.run(work, { idempotencyKey: "k1" });
    const [first, second] = gateway.seen;
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers.get("idempotency-key")).toBe("k1");
  });

  test("never a run without one whose fate is unknown", async () => {
    failing(1, () => Promise.reject(new TypeError("connection reset")));
    await expect(client.jobs.run(work)).rejects.toMatchObject({ code: "TRANSPORT", retryable: true });
    failing(1, () => json(503, native("no_worker", true)));
    await expect(client.infer("plain", [features])).rejects.toMatchObject({ kind: "unavailable" });
    expect(gateway.seen).toHaveLength(2);
  });

  test("a run that was over a limit, after the time that the gateway asks for", async () => {
    failing(1, () => json(429, native("rate_limit", true), { "retry-after": "7" }));
    await client.jobs.run(work);
    expect(pauses).toEqual([7_000]);
  });

  test("not one whose money is spent", async () => {
    failing(9, () =>
      json(429, { error: { message: "spent", type: "insufficient_quota", param: null, code: "spend_limit" } }, { "x-should-retry": "false" }),
    );
    await expect(client.embeddings("padded", "text")).rejects.toMatchObject({ code: "spend_limit", retryable: false });
    expect(gateway.seen).toHaveLength(1);
  });

  test("three times at most", async () => {
    failing(9, () => json(500, native("internal", true)));
    await expect(client.account()).rejects.toMatchObject({ kind: "fault" });
    expect(gateway.seen).toHaveLength(3);
  });
});

describe("waiting ends", () => {
  const never = (signal: AbortSignal | null | undefined) =>
    new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));

  test("with the caller's signal", async () => {
    const real = browserEnv();
    const slow = new LaminaClient({ baseUrl: "http://gateway.test", apiKey: "k", fetch: (_, init) => never(init?.signal) }, real);
    const controller = new AbortController();
    const waiting = slow.account({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  test("with the limit of a request", async () => {
    const slow = new LaminaClient({ baseUrl: "http://gateway.test", apiKey: "k", fetch: (_, init) => never(init?.signal), attempts: 1 });
    await expect(slow.account({ timeoutMs: 1 })).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringContaining("nothing within 1 ms"),
    });
  });

  test("with the answer, a failure, or the time of an asynchronous job", async () => {
    const submitted = await client.jobs.submit(work);
    gateway.unanswered = [{ state: "failed", error: { code: "deadline", message: "no worker answered", retryable: true } }];
    await expect(submitted.wait()).rejects.toMatchObject({
      code: "JOB_FAILED",
      retryable: true,
      message: expect.stringContaining("no worker answered"),
    });
    gateway.unanswered = [{ state: "running" }];
    await expect(submitted.wait({ waitMs: 0 })).rejects.toMatchObject({ code: "WAIT_TIMEOUT", details: { found: "running" } });
    await expect(client.receipts.waitFor((await submitted.wait()).jobId, "final", { waitMs: 0 })).rejects.toMatchObject({ code: "WAIT_TIMEOUT" });
  });
});

test("a fetch that must be called by itself is", async () => {
  const own: typeof fetch = function (this: unknown, input, init) {
    if (this !== undefined) throw new TypeError("Illegal invocation");
    return gateway.fetch(input, init);
  };
  await new LaminaClient({ baseUrl: "http://gateway.test", apiKey: "k", fetch: own }).jobs.run(work);
  expect(gateway.seen).toHaveLength(1);
});

test("the key goes to the gateway alone, and to no redirection", async () => {
  await client.jobs.run(work);
  expect(gateway.seen[0]?.headers.get("authorization")).toBe("Bearer lk_test");
  let redirect: string | undefined;
  const watching: typeof fetch = (input, init) => {
    redirect = init?.redirect;
    return gateway.fetch(input, init);
  };
  await new LaminaClient({ baseUrl: "http://gateway.test", apiKey: "k", fetch: watching }).jobs.run(work);
  expect(redirect).toBe("error");
  expect(() => new LaminaClient({ baseUrl: "gateway.test", apiKey: "k" })).toThrow("baseUrl: expected an http(s) URL");
});
