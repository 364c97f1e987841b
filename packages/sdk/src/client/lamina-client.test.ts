import { decodeTensorsFile, encodeTensorsFile, type Item } from "@lamina/codec";
import { decodeReceipt } from "@lamina/light-client";
import { concatBytes, decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import { beforeEach, describe, expect, test } from "vitest";
import { type AnswerFault, DishonestAnswerError } from "../check/dishonest-answer-error.ts";
import { manifestsAtHand } from "../check/manifest-source.ts";
import { exactItems } from "../tensors/items.ts";
import { namedTensor } from "../tensors/named-tensor.ts";
import { FakeGateway, type Spoiling } from "../testing/fake-gateway.ts";
import { manifestBytes, paddedManifest, plainManifest } from "../testing/models.ts";
import { signJob } from "../testing/signed-job.ts";
import { LaminaClient, type LaminaClientOptions } from "./lamina-client.ts";

let gateway: FakeGateway;
const features = { name: "features", datatype: "FP32", shape: [2, 4], data: [1, 2, 3, -0, 5, 6, 7, 0.1] };
const tokens = [
  { name: "mask", datatype: "INT64", shape: [1, 3], data: [1, 1, 1] },
  { name: "ids", datatype: "INT64", shape: [1, 3], data: [11n, 12n, 13n] },
];
const manifests = manifestsAtHand(manifestBytes);

beforeEach(() => {
  gateway = new FakeGateway();
});

function client(options: Partial<LaminaClientOptions> = {}): LaminaClient {
  return new LaminaClient({ baseUrl: "http://gateway.test/", apiKey: "lk_test", fetch: gateway.fetch, ...options });
}

describe("an honest answer", () => {
  test("of a native job is given with its receipt and its items", async () => {
    const answer = await client({ manifests }).jobs.run({ model: "plain", inputs: [features] }, { reference: "order 7" });
    expect(answer.outputs.map(({ name, shape }) => [name, shape])).toEqual([["scores", [2, 2]]]);
    expect(Object.is(answer.outputs[0]?.elements()[1], -0)).toBe(true);
    expect(decodeUtf8(decodeReceipt(answer.receipt).signed.private.reference)).toBe("order 7");
    expect(answer.checked).toMatchObject({ input: true, manifest: true });
    expect(decodeTensorsFile(encodeTensorsFile(answer.checked?.inputs ?? []))).toHaveLength(2);
  });

  test("is held against the manifest that the gateway serves, asked for once", async () => {
    const asking = client({ manifests: "gateway" });
    for (let at = 0; at < 2; at++) {
      const answer = await asking.jobs.run({ model: "padded", inputs: tokens });
      expect(answer.checked).toMatchObject({ input: true, manifest: true });
    }
    expect(gateway.seen.filter(({ path }) => path.startsWith("/lamina/v1/manifests/"))).toHaveLength(1);
  });

  test("is checked without manifests, too, where one input is as it was sent", async () => {
    expect((await client().jobs.run({ model: "plain", inputs: [features] })).checked).toMatchObject({ input: true, manifest: false });
  });

  test("of a padded model is held against the padding that its manifest fixes", async () => {
    const answer = await client({ manifests }).jobs.run({ model: "padded", inputs: tokens });
    expect(answer.checked?.inputs?.[0]?.map(({ dims }) => dims)).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });

  test("of the Open Inference Protocol is checked by the receipt of the job that it names", async () => {
    const answer = await client({ manifests }).infer("plain", [features]);
    expect(answer.outputs[0]?.elements()).toHaveLength(4);
    expect(gateway.seen.map(({ path }) => path)).toEqual(["/v2/models/plain/infer", `/lamina/v1/receipts/${answer.jobId}`]);
  });

  test("of embeddings is checked, but for the tokens that the gateway makes", async () => {
    const { vectors, tokens: used, checked } = await client({ manifests }).embeddings("padded", ["one", "two"]);
    expect(vectors.map(({ length }) => length)).toEqual([2, 2]);
    expect(used).toBe(6);
    expect(checked).toMatchObject({ input: false, manifest: true });
  });

  test("of an asynchronous job is checked when it comes", async () => {
    gateway.unanswered = [{ state: "accepted" }, { state: "running" }];
    const submitted = await client({ manifests }).jobs.submit({ model: "plain", inputs: [features] });
    expect(submitted.id).toMatch(/^req_/);
    expect((await submitted.wait()).checked).toMatchObject({ input: true });
    expect(gateway.seen[0]?.headers.get("idempotency-key")).toMatch(/^[0-9a-f]{32}$/);
  });

  test("is not checked where that is switched off", async () => {
    gateway.spoiling = { outputs: other };
    expect((await client().jobs.run({ model: "plain", inputs: [features] }, { check: false })).checked).toBeUndefined();
  });
});

const other = (items: readonly Item[]): Item[] =>
  items.map((item) => item.map((tensor) => ({ ...tensor, data: new Uint8Array(tensor.data.length).fill(1) })));

const sold = signJob({ manifest: plainManifest, profile: 1, items: exactItems([namedTensor(features)]), reference: encodeUtf8("first buyer") }, 9);

const dishonest: [string, Spoiling, AnswerFault][] = [
  ["another answer than the signed one", { outputs: other }, "output"],
  ["a worker's run on another input", { plan: (plan) => ({ ...plan, items: other(plan.items) }) }, "input"],
  ["a run at a lower level", { row: () => ({ level: 3 }) }, "level"],
  ["another committee than asked for", { row: () => ({ param: 2 }) }, "level"],
  ["a job that answers to somebody else's reference", { plan: (plan) => ({ ...plan, reference: encodeUtf8("somebody else's") }) }, "reference"],
  ["an inference that was sold before", { resold: sold }, "reference"],
  ["another job's id", { jobId: () => "ab".repeat(32) }, "job"],
  ["another model under the asked name", { plan: (plan) => ({ ...plan, manifest: paddedManifest }) }, "model"],
  ["fewer items than asked for", { row: () => ({ items: 1 }) }, "items"],
  ["a ceiling over the agreed maximum", { row: () => ({ ceiling: 1_000n }) }, "charge"],
  ["a charge over the ceiling", { row: () => ({ ceiling: 5n }) }, "charge"],
  ["a charge that is not units by price", { row: () => ({ charge: 1n }) }, "charge"],
  ["inflated usage", { row: () => ({ units: 5n, charge: 15n, ceiling: 20n }) }, "units"],
  ["a row that nobody signed", { receipt: (bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)) }, "signature"],
  ["no receipt", { receipt: () => new Uint8Array(3) }, "receipt"],
  ["a receipt with something behind it", { receipt: (bytes) => concatBytes(bytes, new Uint8Array(1)) }, "receipt"],
];

describe("a dishonest gateway or worker is noticed (T75)", () => {
  test.each(dishonest)("%s", async (_name, spoiling, fault) => {
    gateway.spoiling = spoiling;
    const running = client({ manifests }).jobs.run({ model: "plain", inputs: [features], maxCharge: 30n });
    const error: unknown = await running.then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(DishonestAnswerError);
    expect((error as DishonestAnswerError).details.fault).toBe(fault);
  });

  test.each(dishonest.filter(([, , fault]) => fault !== "charge"))("over the Open Inference Protocol: %s", async (_name, spoiling, fault) => {
    gateway.spoiling = spoiling;
    await expect(client({ manifests }).infer("plain", [features])).rejects.toMatchObject({ code: "DISHONEST_ANSWER", details: { fault } });
  });

  test("over embeddings: another vector", async () => {
    gateway.spoiling = { outputs: other };
    await expect(client().embeddings("padded", "one")).rejects.toMatchObject({ code: "DISHONEST_ANSWER", details: { fault: "output" } });
  });

  test("a chain that is not the client's", async () => {
    const running = client({ chainId: "lamina-main" }).jobs.run({ model: "plain", inputs: [features] });
    await expect(running).rejects.toMatchObject({ details: { fault: "chain", expected: "lamina-main" } });
  });

  test("a model id that was not asked for", async () => {
    await expect(client().jobs.run({ model: "cd".repeat(32), inputs: [features] })).rejects.toMatchObject({ details: { fault: "model" } });
  });

  test("the evidence travels with the error", async () => {
    gateway.spoiling = { outputs: other };
    const error = await client()
      .jobs.run({ model: "plain", inputs: [features] })
      .catch((thrown) => thrown);
    expect(decodeReceipt(error.receipt).stage).toBe("signed");
  });
});

describe("what cannot be checked is withheld", () => {
  test("several inputs without the manifest that says their order", async () => {
    await expect(client().jobs.run({ model: "padded", inputs: tokens })).rejects.toMatchObject({ code: "UNCHECKABLE_ANSWER" });
  });

  test("a model that none of the manifests at hand is of", async () => {
    const only = manifestsAtHand(manifestBytes.slice(1));
    await expect(client({ manifests: only }).jobs.run({ model: "plain", inputs: [features] })).rejects.toMatchObject({ code: "UNCHECKABLE_ANSWER" });
  });

  test("a gateway that serves none, or another model's, as the manifest", async () => {
    const served = (bytes: Uint8Array | undefined) => {
      gateway.before = ({ path }) => {
        if (!path.startsWith("/lamina/v1/manifests/")) return undefined;
        return bytes === undefined ? new Response("{}", { status: 404 }) : new Response(bytes as Uint8Array<ArrayBuffer>);
      };
      return client({ manifests: "gateway" }).jobs.run({ model: "plain", inputs: [features] });
    };
    await expect(served(undefined)).rejects.toMatchObject({ code: "UNCHECKABLE_ANSWER" });
    await expect(served(manifestBytes[1])).rejects.toThrow(/^manifests: expected the manifest of model/);
  });

  test("a source that gives another manifest", async () => {
    const wrong = () => manifestBytes[1];
    await expect(client({ manifests: wrong }).jobs.run({ model: "plain", inputs: [features] })).rejects.toThrow(
      /^manifests: expected the manifest of model/,
    );
  });
});

describe("requests that are none are not sent", () => {
  const run = (input: object) => client().jobs.run({ model: "plain", inputs: [{ ...features, ...input }] });
  test.each([
    ["a datatype of the Open Inference Protocol", { datatype: "FLOAT" }],
    ["40 bytes for shape [2, 5], found 32", { shape: [2, 5] }],
    ["at least one axis", { shape: [] }],
    ["either data or bytes, found neither", { data: undefined }],
    ["features[7]: expected an integer", { datatype: "INT32", data: [1, 2, 3, 4, 5, 6, 7, 0.5] }],
    ["features[7]: expected an integer from 0 to 255", { datatype: "UINT8", data: [1, 2, 3, 4, 5, 6, 7, 256] }],
    ["features[7]: expected a finite number", { data: [1, 2, 3, 4, 5, 6, 7, Number.NaN] }],
    ["at most 53 bits", { datatype: "INT64", data: [2n ** 60n, 0n, 0n, 0n, 0n, 0n, 0n, 0n] }],
  ])("%s", async (problem, input) => {
    await expect(run(input)).rejects.toThrow(problem);
    expect(gateway.seen).toEqual([]);
  });

  test.each([
    ["level", { level: "quorum" }],
    ["level", { level: "certain" }],
    ["reference", { reference: "ü".repeat(129) }],
    ["reference", { reference: "" }],
  ])("%s %j", async (param, options) => {
    await expect(client().jobs.run({ model: "plain", inputs: [features] }, options)).rejects.toMatchObject({ details: { param } });
  });

  test("a reference that no header holds", async () => {
    await expect(client().infer("plain", [features], { reference: "ü" })).rejects.toMatchObject({ details: { param: "reference" } });
  });
});

test("elements keep their bits", async () => {
  await client({ manifests }).jobs.run({ model: "plain", inputs: [features] });
  expect(decodeUtf8(gateway.seen[0]?.body ?? new Uint8Array())).toContain('"data":[1,2,3,-0,5,6,7,0.10000000149011612]');
});

test("receipts are asked for by the reader's checkpoint", async () => {
  const { jobId } = await client().jobs.run({ model: "plain", inputs: [features] });
  await client().receipts.get(jobId, { checkpointHeight: 12n });
  expect(gateway.seen.at(-1)?.path).toBe(`/lamina/v1/receipts/${jobId}?checkpoint_height=12`);
});
