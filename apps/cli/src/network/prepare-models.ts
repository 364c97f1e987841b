import { type BuiltModel, buildModel, MODEL_NAMES } from "@lamina/models";
import type { CliContext } from "../context.ts";

/** Makes sure that the files of every model are there, fetching and building what is not committed (the first time takes a minute). */
export async function prepareModels(context: CliContext): Promise<BuiltModel[]> {
  const { env, report, checkout, callerEnvironment } = context;
  // The models' own processes run as another user, and a network as root may be followed by one that is not.
  await env.files.mkdir(checkout.modelsFolder, { mode: 0o755 });
  const options = { cacheDir: checkout.modelsFolder, env, processEnv: callerEnvironment, onProgress: report.progress };
  const built: BuiltModel[] = [];
  for (const name of MODEL_NAMES) built.push(await buildModel(name, options));
  return built;
}
