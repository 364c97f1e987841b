import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestNetwork } from "./testing/test-network.ts";

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const SCRIPTS = `${REPOSITORY}test/clients/python`;
const VENV = `${REPOSITORY}build/venv-clients`;
const INSTALL_TIMEOUT_MS = 600_000;

let network: TestNetwork;
let key: string;

beforeAll(async () => {
  await prepareVenv();
  network = await TestNetwork.start();
  await network.addWorker();
  await network.startGateway();
  ({ key } = await network.addOrganisation(1n));
}, INSTALL_TIMEOUT_MS);

afterAll(() => network?.stop());

/** The pinned packages, installed once and again when the pins change. */
async function prepareVenv(): Promise<void> {
  const requirements = readFileSync(`${SCRIPTS}/requirements.txt`, "utf8");
  const mark = `${VENV}/installed.txt`;
  if (existsSync(mark) && readFileSync(mark, "utf8") === requirements) return;
  await run("python3", ["-m", "venv", "--clear", VENV]);
  await run(`${VENV}/bin/pip`, ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "-r", `${SCRIPTS}/requirements.txt`], {
    timeout: INSTALL_TIMEOUT_MS,
  });
  writeFileSync(mark, requirements);
}

async function python(script: string): Promise<unknown> {
  const { stdout } = await run(`${VENV}/bin/python`, [`${SCRIPTS}/${script}`], {
    env: { GATEWAY_URL: network.url, API_KEY: key, PATH: process.env["PATH"] ?? "", NO_PROXY: "127.0.0.1" },
    timeout: 120_000,
  });
  return JSON.parse(stdout);
}

test("the openai package runs unchanged", async () => {
  expect(await python("openai_client.py")).toEqual({
    models: ["breast-cancer", "digits", "minilm-l6-v2"],
    dimensions: [384, 384, 384, 384],
    same: true,
    usage: 4,
    job: network.workers[0]?.executed.at(-1),
    unknown_model: ["NotFoundError", 404, "model_not_found"],
    wrong_key: ["AuthenticationError", 401, "invalid_api_key"],
    bad_request: ["BadRequestError", 400, "invalid_request"],
  });
});

test("tritonclient runs unchanged, with JSON and with binary tensors", async () => {
  expect(await python("triton_client.py")).toEqual({
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
