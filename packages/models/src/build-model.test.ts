import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { digestFromHex } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildModel } from "./build-model.ts";
import { loadManifest, MODEL_NAMES } from "./catalog.ts";
import { ModelBuildError } from "./model-error.ts";
import { verifyFile } from "./verify-file.ts";

const env = nodeEnv();
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/lamina-models-`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each(["breast-cancer", "digits"] as const)("%s is committed and is what its manifest names", async (name) => {
  const built = await buildModel(name, { cacheDir: folder, env, processEnv: {} });
  expect([...built.paths.keys()]).toEqual(["model.onnx"]);
});

test.each(MODEL_NAMES)("the manifest of %s has a shape for every input and output of every profile", async (name) => {
  const manifest = await loadManifest(name, env.files);
  expect(manifest.name).toBe(name);
  expect(manifest.files.map((file) => file.path)).toContain(manifest.graph);
  manifest.profiles.forEach((profile, index) => {
    expect(profile.id).toBe(index + 1);
    expect(profile.inputs.length).toBe(manifest.inputs.length);
    expect(profile.outputs.length).toBe(manifest.outputs.length);
    for (const shape of [...profile.inputs, ...profile.outputs]) expect(shape[0]).toBe(1);
  });
});

test("a file that differs in one byte, or in length, or is missing is told from a valid one (T25)", async () => {
  const path = `${folder}/file`;
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const expected = { path: "file", size: 3n, sha256: digestFromHex(sha256) };
  expect(await verifyFile(env.files, path, expected)).toEqual({ kind: "missing" });
  await writeFile(path, "abc");
  expect(await verifyFile(env.files, path, expected)).toEqual({ kind: "valid" });
  await writeFile(path, "abd");
  expect(await verifyFile(env.files, path, expected)).toMatchObject({ kind: "different", expected: `SHA-256 ${sha256}` });
  await writeFile(path, "abcd");
  expect(await verifyFile(env.files, path, expected)).toEqual({ kind: "different", expected: "3 bytes", found: "4 bytes" });
});

test("a missing Python is one error that names tool and remedy", async () => {
  const building = buildModel("minilm-l6-v2", { cacheDir: folder, env, processEnv: {}, python: `${folder}/no-python` });
  await expect(building).rejects.toThrow(ModelBuildError);
  await expect(building).rejects.toThrow(/no-python.*pip --version/);
  expect(await env.files.readdir(`${folder}/minilm-l6-v2`)).toEqual([]);
});
