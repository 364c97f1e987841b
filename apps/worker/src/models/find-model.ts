import { computeModelId, encodeManifest, type Manifest, type ManifestFile, manifestFromJson } from "@lamina/codec";
import { catalogFolder, isModelName, loadManifest, verifyBytes, verifyFile } from "@lamina/models";
import { decodeUtf8, type Env, type ModelId } from "@lamina/primitives";
import { ModelRefusedError } from "./model-refused-error.ts";

/** A model whose files are here and are what its manifest says. */
export interface FoundModel {
  readonly name: string;
  readonly manifest: Manifest;
  readonly modelId: ModelId;
  /** The ONNX file, checked against its digest at every reading: what is run is these very bytes (T25). */
  readonly readGraph: () => Promise<Uint8Array>;
}

/**
 * Finds a model by its name in the catalogue (small files are committed there, large ones lie in `<modelsFolder>/<name>`) or by its own folder.
 * Throws `ModelRefusedError` where a file is missing or another than the manifest names (T25), `ManifestJsonError`, `FileError`.
 */
export async function findModel(model: string, modelsFolder: string, env: Pick<Env, "files">): Promise<FoundModel> {
  const isNamed = isModelName(model);
  const manifest = isNamed ? await loadManifest(model, env.files) : await readManifest(model, env);
  const folders = isNamed ? [catalogFolder(model), `${modelsFolder}/${model}`] : [model];
  const modelId = computeModelId(encodeManifest(manifest));
  let graphPath = "";
  for (const file of manifest.files) {
    const path = await locate(manifest.name, file, folders, env);
    if (file.path === manifest.graph) graphPath = path;
  }
  const graphFile = manifest.files.find(({ path }) => path === manifest.graph) as ManifestFile;
  const readGraph = async () => {
    const bytes = await env.files.readFile(graphPath);
    const verdict = verifyBytes(bytes, graphFile);
    if (verdict.kind === "different") throw new ModelRefusedError({ model: manifest.name, expected: verdict.expected, found: verdict.found });
    return bytes;
  };
  return { name: manifest.name, manifest, modelId, readGraph };
}

async function readManifest(folder: string, { files }: Pick<Env, "files">): Promise<Manifest> {
  return manifestFromJson(JSON.parse(decodeUtf8(await files.readFile(`${folder}/manifest.json`))));
}

async function locate(model: string, file: ManifestFile, folders: readonly string[], { files }: Pick<Env, "files">): Promise<string> {
  for (const folder of folders) {
    const path = `${folder}/${file.path}`;
    const verdict = await verifyFile(files, path, file);
    if (verdict.kind === "valid") return path;
    if (verdict.kind === "different") throw new ModelRefusedError({ model, expected: `${path}: ${verdict.expected}`, found: verdict.found });
  }
  throw new ModelRefusedError({ model, expected: `${file.path} in ${folders.join(" or ")}`, found: "no such file" });
}
