import { afterAll, beforeAll, expect, test } from "vitest";
import { TestNetwork } from "./testing/test-network.ts";

let network: TestNetwork;
let key: string;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker();
  await network.startGateway();
  ({ key } = await network.addOrganisation(1n));
});

afterAll(async () => {
  for (const line of network.logger.lines) if (line["level"] !== "info") process.stderr.write(`${JSON.stringify(line)}\n`);
  await network.stop();
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${network.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

test("a tensor goes through NATS to a worker and comes back signed", async () => {
  const data = Array.from({ length: 64 }, (_, at) => at / 64);
  const response = await post("/v2/models/digits/infer", { inputs: [{ name: "features", shape: [1, 64], datatype: "FP32", data }] });
  expect(await response.clone().text()).toContain("scores");
  expect(response.status).toBe(200);
  const body = (await response.json()) as { outputs: { name: string; shape: number[]; data: number[] }[] };
  expect(body.outputs.map(({ name, shape }) => ({ name, shape }))).toEqual([
    { name: "scores", shape: [1, 10] },
    { name: "label", shape: [1, 1] },
  ]);
  const jobId = response.headers.get("lamina-job-id") ?? "";
  expect(network.workers[0]?.executed).toContain(jobId);
});

test("texts become embeddings", async () => {
  const response = await post("/v1/embeddings", { model: "minilm-l6-v2", input: ["hello world", "second"] });
  expect(response.status).toBe(200);
  const body = (await response.json()) as { data: { embedding: number[] }[]; usage: { prompt_tokens: number } };
  expect(body.data.map(({ embedding }) => embedding.length)).toEqual([384, 384]);
  expect(body.usage.prompt_tokens).toBe(7);
});
