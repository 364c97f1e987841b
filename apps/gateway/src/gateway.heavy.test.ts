import { computeModelId, verifyEd25519Strict } from "@lamina/codec";
import { decodeReceipt, signedPartProblem } from "@lamina/light-client";
import { fromBase64, toHex } from "@lamina/primitives";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

describe("the Open Inference Protocol", () => {
  test("a tensor goes through NATS to a worker and comes back signed", async () => {
    const response = await client.post(DIGITS, { ...digitsRequest(), id: "mine" });
    expect(response.status).toBe(200);
    const body = (await response.json()) as {
      id: string;
      model_name: string;
      outputs: { name: string; shape: number[]; datatype: string; data: number[] }[];
    };
    expect(body).toMatchObject({ id: "mine", model_name: "digits", model_version: "1" });
    expect(body.outputs.map(({ name, shape, datatype }) => ({ name, shape, datatype }))).toEqual([
      { name: "scores", shape: [1, 10], datatype: "FP32" },
      { name: "label", shape: [1, 1], datatype: "INT64" },
    ]);
    const jobId = response.headers.get("lamina-job-id") ?? "";
    expect(network.workers[0]?.executed).toContain(jobId);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-encoding")).toBeNull();
  });

  test("several items are one job", async () => {
    const response = await client.post(DIGITS, digitsRequest(0.25, 3));
    const body = (await response.json()) as { outputs: { shape: number[] }[] };
    expect(body.outputs.map(({ shape }) => shape)).toEqual([
      [3, 10],
      [3, 1],
    ]);
    const row = network.workers[0]?.rows.at(-1);
    expect({ items: row?.items, units: row?.units, charge: row?.charge }).toEqual({ items: 3, units: 3n, charge: 9n });
  });

  test("binary tensors, in and out", async () => {
    const floats = new Float32Array(64).fill(0.5);
    const json = JSON.stringify({
      inputs: [{ name: "features", shape: [1, 64], datatype: "FP32", parameters: { binary_data_size: floats.byteLength } }],
      outputs: [{ name: "scores", parameters: { binary_data: true } }, { name: "label" }],
    });
    const body = Buffer.concat([Buffer.from(json), Buffer.from(floats.buffer)]);
    const response = await fetch(`${network.url}${DIGITS}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "inference-header-content-length": String(Buffer.byteLength(json)),
        "content-type": "application/octet-stream",
      },
      body,
    });
    expect(response.status).toBe(200);
    const bytes = Buffer.from(await response.arrayBuffer());
    const split = Number(response.headers.get("inference-header-content-length"));
    const head = JSON.parse(bytes.subarray(0, split).toString()) as { outputs: { name: string; parameters?: object; data?: number[] }[] };
    expect(head.outputs[0]).toMatchObject({ name: "scores", parameters: { binary_data_size: 40 } });
    expect(head.outputs[1]?.data).toHaveLength(1);
    expect(bytes.length).toBe(split + 40);
    const same = (await (await client.post(DIGITS, digitsRequest(0.5))).json()) as { outputs: { data: number[] }[] };
    expect(bytes.readFloatLE(split)).toBeCloseTo(same.outputs[0]?.data[0] ?? -1, 6);
  });

  test("metadata fills inputs and outputs", async () => {
    expect(await (await client.get("/v2")).json()).toMatchObject({ name: "lamina", extensions: ["binary_tensor_data"] });
    expect(await (await client.get("/v2/models/minilm-l6-v2")).json()).toEqual({
      name: "minilm-l6-v2",
      versions: ["1"],
      platform: "onnx",
      inputs: [
        { name: "input_ids", datatype: "INT64", shape: [-1, -1] },
        { name: "attention_mask", datatype: "INT64", shape: [-1, -1] },
      ],
      outputs: [{ name: "embedding", datatype: "FP32", shape: [-1, 384] }],
    });
    expect((await client.get("/v2/models/digits/versions/1")).status).toBe(200);
    expect(await (await client.get("/v2/models/digits/ready")).json()).toEqual({ name: "digits", ready: true });
  });

  test("a padded model takes shorter inputs", async () => {
    const tokens = (name: string, data: number[]) => ({ name, shape: [1, data.length], datatype: "INT64", data });
    const response = await client.post("/v2/models/minilm-l6-v2/infer", {
      inputs: [tokens("input_ids", [101, 7592, 102]), tokens("attention_mask", [1, 1, 1])],
    });
    expect(response.status).toBe(200);
    expect(network.workers[0]?.rows.at(-1)).toMatchObject({ profile: 1, units: 16n });
  });
});

describe("OpenAI's clients", () => {
  const openai = () => new OpenAI({ apiKey: key, baseURL: `${network.url}/v1`, maxRetries: 0 });

  test("embeddings of a text, of several, and of tokens", async () => {
    const one = await openai().embeddings.create({ model: "minilm-l6-v2", input: "hello world" });
    expect(one.data[0]?.embedding).toHaveLength(384);
    expect(one.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    const several = await openai().embeddings.create({ model: "minilm-l6-v2", input: ["hello world", "another"], encoding_format: "float" });
    expect(several.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(several.data[0]?.embedding[0]).toBeCloseTo(one.data[0]?.embedding[0] ?? -1, 6);
    const tokens = await openai().embeddings.create({ model: "minilm-l6-v2", input: [7592, 2088] });
    expect(tokens.data[0]?.embedding[0]).toBeCloseTo(one.data[0]?.embedding[0] ?? -1, 6);
  });

  test("the job pads to the smallest profile that holds the longest text", async () => {
    await openai().embeddings.create({ model: "minilm-l6-v2", input: ["a", Array.from({ length: 40 }, () => "word").join(" ")] });
    expect(network.workers[0]?.rows.at(-1)).toMatchObject({ profile: 3, items: 2, units: 128n });
  });

  test("models are listed", async () => {
    const list = await openai().models.list();
    expect(list.data.map(({ id }) => id)).toEqual(["breast-cancer", "digits", "minilm-l6-v2"]);
    expect((await openai().models.retrieve("digits")).owned_by).toBe("lamina1publisher");
  });

  test("errors are of the types that the client knows", async () => {
    const wrongKey = new OpenAI({ apiKey: "sk-wrong", baseURL: `${network.url}/v1`, maxRetries: 0 });
    await expect(wrongKey.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(openai().embeddings.create({ model: "absent", input: "x" })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(openai().embeddings.create({ model: "digits", input: "x" })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(openai().embeddings.create({ model: "minilm-l6-v2", input: "x", dimensions: 64 })).rejects.toMatchObject({
      status: 400,
      param: "dimensions",
    });
  });
});

describe("native jobs", () => {
  test("an answer carries a receipt that its client can check alone", async () => {
    const response = await client.post("/lamina/v1/jobs", { model: "digits", ...digitsRequest(0.75), reference: "order 7" });
    const job = (await response.json()) as { job_id: string; receipt: string; worker: string; charge: string; state: string };
    expect(job).toMatchObject({ state: "answered", charge: "3", worker: network.workers[0]?.id });
    const receipt = decodeReceipt(fromBase64(job.receipt));
    expect(signedPartProblem(receipt, {}, verifyEd25519Strict)).toBeUndefined();
    expect(new TextDecoder().decode(receipt.signed.private.reference)).toBe("order 7");
    const fetched = await client.get(`/lamina/v1/receipts/${job.job_id}`);
    expect(fetched.headers.get("lamina-receipt-stage")).toBe("signed");
    expect(Buffer.from(await fetched.arrayBuffer()).toString("base64")).toBe(job.receipt);
    expect(await (await client.get(`/lamina/v1/jobs/${job.job_id}`)).json()).toMatchObject({ state: "answered", receipt: job.receipt });
  });

  test("the same prompt twice gives unlinkable commitments", async () => {
    await client.post(DIGITS, digitsRequest(0.1));
    await client.post(DIGITS, digitsRequest(0.1));
    const [first, second] = network.workers[0]?.rows.slice(-2) ?? [];
    expect(toHex(first?.h ?? new Uint8Array())).not.toBe(toHex(second?.h ?? new Uint8Array()));
    expect(toHex(first?.output ?? new Uint8Array())).not.toBe(toHex(second?.output ?? new Uint8Array()));
  });

  test("texts, a charge limit, and both kinds of input at once", async () => {
    expect((await client.post("/lamina/v1/jobs", { model: "minilm-l6-v2", text: "hello" })).status).toBe(200);
    const dear = await client.post("/lamina/v1/jobs", { model: "minilm-l6-v2", text: "hello", max_charge: "10" });
    expect(await dear.json()).toMatchObject({ error: { code: "charge_over_maximum" } });
    expect((await client.post("/lamina/v1/jobs", { model: "digits", text: "x", ...digitsRequest() })).status).toBe(400);
  });

  test("a model's manifest, whose digest is its id, by name and by id", async () => {
    const [[id = ""] = []] = [...network.manifests].filter(([, manifest]) => manifest.name === "digits");
    for (const name of ["digits", id]) {
      const response = await client.get(`/lamina/v1/manifests/${name}`);
      expect({ status: response.status, id: response.headers.get("lamina-model-id") }).toEqual({ status: 200, id });
      expect(toHex(computeModelId(new Uint8Array(await response.arrayBuffer())))).toBe(id);
    }
    expect((await client.get("/lamina/v1/manifests/absent")).status).toBe(404);
  });

  test("quotes and accounts", async () => {
    const quote = (await (await client.get("/lamina/v1/quote?model=minilm-l6-v2&items=2&profile=1")).json()) as { levels: object[] };
    expect(quote).toMatchObject({ units: "32", items: 2 });
    expect(quote.levels[0]).toMatchObject({ level: "optimistic", offered: true, unit_price: "3", charge: "96", ceiling: "98", detection: null });
    expect(quote.levels.slice(1).every((level) => (level as { offered: boolean }).offered === false)).toBe(true);
    const account = (await (await client.get("/lamina/v1/account")).json()) as { lanes: object[]; key: object };
    expect(account.lanes).toEqual([{ id: "1", spender_key: network.spenders.ids[0], balance: "1000000000", end_height: "1000000" }]);
  });
});

describe("refusals", () => {
  const tensor = (change: object) => ({ inputs: [{ ...digitsRequest().inputs[0], ...change }] });

  test.each([
    ["a shape", tensor({ shape: [1, 63] }), 400, /"features": expected shape \[n, 64\], found \[1, 63\]/],
    ["a datatype", tensor({ datatype: "FP64" }), 400, /"features"/],
    ["an unknown datatype", tensor({ datatype: "FP8" }), 400, /"features": unknown datatype/],
    ["too few elements", tensor({ data: [1] }), 400, /"features": expected 64 elements, found 1/],
    ["a tensor that the model lacks", { inputs: [...digitsRequest().inputs, { name: "x", shape: [1], datatype: "FP32", data: [1] }] }, 400, /"x"/],
    ["an input of another name", tensor({ name: "other" }), 400, /"other": the model has no such input; it has features/],
    ["no items", tensor({ shape: [0, 64], data: [] }), 400, /empty/],
    ["no tensors", { inputs: [] }, 400, /inputs/],
    ["an unknown field", { ...digitsRequest(), surprise: 1 }, 400, /unknown field: "surprise"/],
    ["an unknown field of a tensor", tensor({ surprise: 1 }), 400, /unknown field/],
    ["an unknown output", { ...digitsRequest(), outputs: [{ name: "nothing" }] }, 400, /"nothing"/],
    ["a number that is not finite in float32", tensor({ data: Array.from({ length: 64 }, () => 1e39) }), 400, /"features": expected finite numbers/],
    ["a huge shape", tensor({ shape: [2147483647, 2147483647] }), 400, /"features"/],
    [
      "binary data that is not there",
      tensor({ data: undefined, parameters: { binary_data_size: 256 } }),
      400,
      /"features": its binary data is not in the body/,
    ],
    ["a level", { ...digitsRequest(), parameters: { lamina_level: "zk" } }, 400, /level "zk" is not offered/],
  ])("%s", async (_name, body, status, message) => {
    const before = network.workers[0]?.executed.length;
    const response = await client.post(DIGITS, body);
    const text = await response.text();
    expect(text).toMatch(/^\{"error":"/);
    expect((JSON.parse(text) as { error: string }).error).toMatch(message);
    expect(response.status).toBe(status);
    expect(network.workers[0]?.executed.length).toBe(before);
  });

  test.each([
    ["/v1/embeddings", { model: "minilm-l6-v2", input: "" }, "invalid_request_error"],
    ["/v1/embeddings", { model: "minilm-l6-v2", input: [] }, "invalid_request_error"],
    ["/v1/embeddings", { model: "minilm-l6-v2", input: "x", lamina_level: "quorum:3" }, "invalid_request_error"],
    ["/v1/embeddings", { model: "minilm-l6-v2", input: Array.from({ length: 300 }, () => "word ").join("") }, "invalid_request_error"],
    ["/v1/embeddings", { model: "minilm-l6-v2", input: "x", n: 4 }, "invalid_request_error"],
    ["/v1/embeddings", { model: "minilm-l6-v2", input: [99999999] }, "invalid_request_error"],
  ])("%s %j", async (path, body, type) => {
    const response = await client.post(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type, code: expect.any(String), message: expect.any(String) } });
  });

  test("each family has its own shape of error", async () => {
    expect(await (await client.post("/v2/models/absent/infer", digitsRequest())).json()).toEqual({ error: 'the model "absent" does not exist' });
    expect((await client.post("/v2/models/absent/infer", digitsRequest())).status).toBe(404);
    expect((await client.post("/v2/models/digits/versions/9/infer", digitsRequest())).status).toBe(404);
    expect(await (await client.get("/v1/nothing")).json()).toMatchObject({ error: { type: "invalid_request_error", code: "not_found" } });
    expect(await (await client.get("/lamina/v1/jobs/zzz")).json()).toEqual({
      error: { code: "not_found", message: "no such job", retryable: false },
    });
    expect(await (await testClient(network.url, undefined).get("/v1/models")).json()).toMatchObject({ error: { code: "missing_api_key" } });
  });

  test("health needs no key, and the description is served", async () => {
    const open = testClient(network.url, undefined);
    expect(await (await open.get("/v2/health/live")).json()).toEqual({ live: true });
    expect(await (await open.get("/v2/health/ready")).json()).toEqual({ ready: true });
    const description = (await (await open.get("/openapi.json")).json()) as { openapi: string; paths: Record<string, object> };
    expect(description.openapi).toBe("3.1.0");
    expect(Object.keys(description.paths)).toContain("/v2/models/{model}/infer");
  });
});
