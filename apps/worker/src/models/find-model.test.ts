import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { computeModelId, encodeManifest } from "@lamina/codec";
import { catalogFolder, loadManifest } from "@lamina/models";
import { nodeEnv } from "@lamina/primitives/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findModel } from "./find-model.ts";

const env = nodeEnv({ crashAt: "" });
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/lamina-worker-model-`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a model of the catalogue is found by its name", async () => {
  const found = await findModel("digits", folder, env);
  expect(found.modelId).toEqual(computeModelId(encodeManifest(await loadManifest("digits", env.files))));
  expect((await found.readGraph()).length).toBe(4_716);
});

test("a folder of one's own is as good", async () => {
  for (const name of ["manifest.json", "model.onnx"]) await writeFile(join(folder, name), await readFile(join(catalogFolder("digits"), name)));
  expect((await findModel(folder, "/none", env)).modelId).toEqual((await findModel("digits", "/none", env)).modelId);
});

test("one flipped byte is refused, at the start and at a later load (T25)", async () => {
  for (const name of ["manifest.json", "model.onnx"]) await writeFile(join(folder, name), await readFile(join(catalogFolder("digits"), name)));
  const found = await findModel(folder, "/none", env);
  const bytes = await readFile(join(folder, "model.onnx"));
  bytes[700] = (bytes[700] ?? 0) ^ 1;
  await writeFile(join(folder, "model.onnx"), bytes);
  await expect(found.readGraph()).rejects.toMatchObject({ code: "MODEL_REFUSED" });
  await expect(findModel(folder, "/none", env)).rejects.toMatchObject({ code: "MODEL_REFUSED" });
});

test("a file that is not there is named with the places where it was looked for", async () => {
  await expect(findModel("minilm-l6-v2", folder, env)).rejects.toThrow(`model.onnx in ${catalogFolder("minilm-l6-v2")} or ${folder}/minilm-l6-v2`);
});
