import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningNetwork, startNetwork } from "../support/network.ts";
import { pythonEnvironment } from "../support/python-environment.ts";

// The official clients, unchanged. GATEWAY_URL and API_KEY name a running network; without them the suite brings one up.

const MODELS = ["breast-cancer", "digits", "minilm-l6-v2"];
const START_MS = 600_000;
let network: RunningNetwork | undefined;
let gateway: { readonly GATEWAY_URL: string; readonly API_KEY: string };
const printed: Record<string, Record<string, unknown>> = {};

beforeAll(async () => {
  const [url, key] = [process.env["GATEWAY_URL"], process.env["API_KEY"]];
  if (url === undefined || key === undefined) network = await startNetwork();
  gateway = network?.addresses ?? { GATEWAY_URL: url ?? "", API_KEY: key ?? "" };
}, START_MS);

afterAll(() => network?.down());

describe("openai for Node", () => {
  const client = (apiKey = gateway.API_KEY) => new OpenAI({ apiKey, baseURL: `${gateway.GATEWAY_URL}/v1`, maxRetries: 0 });
  const create = (input: string | string[] | number[] | number[][], more: object = {}) =>
    client().embeddings.create({ model: "minilm-l6-v2", input, ...more });

  test("lists the models", async () => {
    const { data } = await client().models.list();
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(MODELS));
    expect(await client().models.retrieve("minilm-l6-v2")).toMatchObject({ id: "minilm-l6-v2", object: "model" });
  });

  test("embeds a text, several, tokens, and lists of tokens", async () => {
    const text = await create("hello world");
    const several = await create(["hello world", "another"], { encoding_format: "float" });
    const [tokens, lists] = [await create([7592, 2088]), await create([[7592, 2088], [2178]])];
    expect([text, several, tokens, lists].map(({ data }) => data.length)).toEqual([1, 2, 1, 2]);
    expect(text.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    for (const other of [several, tokens, lists]) {
      text.data[0]?.embedding.forEach((value, at) => expect(other.data[0]?.embedding[at]).toBeCloseTo(value, 5));
    }
  });

  test("puts texts of one meaning nearer than others", async () => {
    const { data } = await create(["a cat sleeps on the sofa", "a kitten naps on the couch", "the central bank raised interest rates"]);
    const dot = (left: number, right: number) =>
      (data[left]?.embedding ?? []).reduce((sum, value, at) => sum + value * (data[right]?.embedding[at] ?? 0), 0);
    expect(dot(0, 0)).toBeCloseTo(1, 4);
    expect(dot(0, 1)).toBeGreaterThan(dot(0, 2) + 0.2);
  });

  test("names the job in a header", async () => {
    const { response } = await client().embeddings.create({ model: "minilm-l6-v2", input: "hello" }).withResponse();
    expect(response.headers.get("lamina-job-id")).toMatch(/^[0-9a-f]{64}$/);
  });

  test("throws its own errors", async () => {
    await expect(client("sk-none").models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(client().embeddings.create({ model: "absent", input: "x" })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(create("x", { dimensions: 3 })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(create("")).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});

/** Each member of what a script prints is one test. */
function printedBy(script: string, expected: Readonly<Record<string, unknown>>): void {
  beforeAll(async () => {
    printed[script] = await (await pythonEnvironment()).run(script, gateway);
  }, START_MS);
  test.each(Object.entries(expected))("%s", (member, value) => expect(printed[script]?.[member]).toEqual(value));
  test("nothing else is printed", () => expect(Object.keys(printed[script] ?? {}).sort()).toEqual(Object.keys(expected).sort()));
}

describe("openai for Python", () => {
  printedBy("openai_client.py", {
    models: expect.arrayContaining(MODELS),
    dimensions: [384, 384, 384, 384],
    same: true,
    usage: 4,
    job: expect.stringMatching(/^[0-9a-f]{64}$/),
    unknown_model: ["NotFoundError", 404, "model_not_found"],
    wrong_key: ["AuthenticationError", 401, "invalid_api_key"],
    bad_request: ["BadRequestError", 400, "invalid_request"],
  });
});

describe("tritonclient", () => {
  printedBy("triton_client.py", {
    live: true,
    ready: true,
    model_ready: true,
    server: "lamina",
    inputs: [{ name: "features", datatype: "FP32", shape: [-1, 64] }],
    shapes: Array.from({ length: 5 }, () => [2, 10]),
    equal: true,
    labels: [expect.any(Number), expect.any(Number)],
    failure: expect.stringContaining("expected shape [n, 64]"),
  });
});
