import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ROUTES } from "@lamina/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DIGITS, digitsRequest, testClient } from "./testing/http-client.ts";
import { TestNetwork } from "./testing/test-network.ts";

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const REQUIREMENTS = `${REPOSITORY}test/clients/python/openapi-requirements.txt`;
const VENV = `${REPOSITORY}build/venv-openapi`;
const INSTALL_TIMEOUT_MS = 600_000;
const SECONDS = process.env["LAMINA_LONG"] === "1" ? 1_200 : 45;
/** Whether a tensor is what a model takes, or a profile one of its own, no schema says. */
const NOT_CHECKED = "positive_data_acceptance";

let network: TestNetwork;
let key: string;
let jobId: string;

beforeAll(async () => {
  await prepareVenv();
  network = await TestNetwork.start();
  await network.addWorker();
  await network.startGateway();
  ({ key } = await network.addOrganisation(1n));
  jobId = (await testClient(network.url, key).post(DIGITS, digitsRequest())).headers.get("lamina-job-id") ?? "";
}, INSTALL_TIMEOUT_MS);

afterAll(() => network?.stop());

/** The pinned packages, installed once and again when the pins change. */
async function prepareVenv(): Promise<void> {
  const requirements = readFileSync(REQUIREMENTS, "utf8");
  const mark = `${VENV}/installed.txt`;
  if (existsSync(mark) && readFileSync(mark, "utf8") === requirements) return;
  await run("python3", ["-m", "venv", "--clear", VENV]);
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"];
  await run(`${VENV}/bin/pip`, ["install", ...options, "-r", REQUIREMENTS], { timeout: INSTALL_TIMEOUT_MS });
  writeFileSync(mark, requirements);
}

/** What schemathesis says; it answers with its report where it found something. */
async function schemathesis(...words: readonly string[]): Promise<{ readonly found: boolean; readonly report: string }> {
  const config = join(network.directory, "schemathesis.toml");
  const known = { "path.model": "digits", "path.version": "1", "path.id": jobId, "query.model": "digits" };
  writeFileSync(config, ["[parameters]", ...Object.entries(known).map(([name, value]) => `"${name}" = "${value}"`)].join("\n"));
  const options = ["--no-color", "--config-file", config, "run", `${network.url}/openapi.json`, "--header", `Authorization: Bearer ${key}`];
  // In a folder of its own, where it leaves what it remembers.
  const where = { cwd: network.directory, env: { PATH: process.env["PATH"] ?? "", NO_PROXY: "127.0.0.1" }, maxBuffer: 64 * 1024 * 1024 };
  return run(`${VENV}/bin/schemathesis`, [...options, ...words], where).then(
    ({ stdout }) => ({ found: false, report: stdout }),
    (error: { stdout?: string; stderr?: string }) => ({ found: true, report: `${error.stdout ?? ""}${error.stderr ?? ""}` }),
  );
}

test("whatever fits its description or does not, the gateway answers as the description says", {
  timeout: (SECONDS + 300) * 1_000,
}, async () => {
  const words = ["--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--max-time", String(SECONDS)];
  const { found, report } = await schemathesis(...words, "--exclude-checks", NOT_CHECKED, "--continue-on-failure", "--max-failures", "20");
  expect(found ? report : "").toBe("");
  // All but the description itself.
  expect(Number(/Tested: (\d+)/.exec(report)?.[1])).toBe(Object.keys(ROUTES).length - 1);
  expect(report).not.toMatch(/Unresolvable references/);
});
