import { type ChildProgram, type HostEvent, ModelHost, planServing, probeWrappers, type ServingPlan } from "@lamina/inference";
import { describeRefusal } from "@lamina/onnx";
import { type Env, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { WorkerChain } from "../chain/chain-facts.ts";
import { type FoundModel, findModel } from "./find-model.ts";
import type { ModelEntry } from "./model-entry.ts";
import { ModelRefusedError } from "./model-refused-error.ts";
import { profileTerms, type ServedModel } from "./served-model.ts";

export interface LoadModelsOptions {
  readonly entries: readonly ModelEntry[];
  /** Holds the files of catalogue models that are too large to be committed, a folder each. */
  readonly modelsFolder: string;
  readonly dataFolder: string;
  /** The Node that child processes run on. */
  readonly nodePath: string;
  /** User and group of the child processes, where we are root. */
  readonly childUser: { readonly uid: number; readonly gid: number };
}

export interface LoadModelsDependencies {
  readonly env: Env;
  readonly chain: Pick<WorkerChain, "model">;
  readonly logger: Logger;
  readonly onEvent: (event: HostEvent) => void;
}

/**
 * Loads every configured model into its processes. Throws `ModelRefusedError` (files, gate, registry), `LoadError`, `ProviderError`; what was started
 * before is stopped then (I34).
 */
export async function loadModels(options: LoadModelsOptions, dependencies: LoadModelsDependencies): Promise<ServedModel[]> {
  const wrappers = await probeWrappers(dependencies.env);
  if (wrappers.network.length === 0) dependencies.logger.warn("model processes cannot be cut off the network on this machine");
  const served: ServedModel[] = [];
  try {
    for (const entry of options.entries) served.push(await loadModel(entry, options, wrappers, dependencies));
  } catch (error) {
    await Promise.all(served.map(({ runner }) => runner.stop()));
    throw error;
  }
  return served;
}

async function loadModel(
  entry: ModelEntry,
  options: LoadModelsOptions,
  wrappers: ChildProgram["wrappers"],
  dependencies: LoadModelsDependencies,
): Promise<ServedModel> {
  const { env, logger } = dependencies;
  const found = await findModel(entry.model, options.modelsFolder, env);
  await requireRegistered(found, dependencies.chain);
  const plan = await passGate(found);
  const memoryBytesMax = entry.memoryMiB === undefined ? plan.memoryBytesMax : entry.memoryMiB * 2 ** 20;
  const host = new ModelHost(
    {
      model: found.name,
      signature: found.manifest,
      readGraph: found.readGraph,
      provider: entry.provider,
      sessions: entry.sessions,
      program: { nodePath: options.nodePath, confinement: options.childUser, limits: { memoryBytesMax }, wrappers },
      emptyFolder: `${options.dataFolder}/empty`,
      itemsMax: (profile) => entry.batchItems ?? plan.itemsMax(profile),
      addedDelayMaxMs: entry.batchDelayMs,
      queueItemsMax: entry.queueItems,
      runBudgetMs: entry.runBudgetMs,
      loadBudgetMs: entry.loadBudgetMs,
      onEvent: dependencies.onEvent,
    },
    env,
  );
  await host.start();
  logger.info("model loaded", { model: found.name, modelId: found.modelId, sessions: entry.sessions, provider: entry.provider });
  const { name, modelId, manifest } = found;
  return { name, modelId, manifest, ...profileTerms(manifest), runner: host };
}

/** The manifest here and the one on the chain are the same bytes, since the id is their digest (I26). */
async function requireRegistered({ name, modelId }: FoundModel, chain: Pick<WorkerChain, "model">): Promise<void> {
  if ((await chain.model(modelId)) !== undefined) return;
  throw new ModelRefusedError({ model: name, expected: `a model registered as ${toHex(modelId)}`, found: "none on the chain" });
}

/** The hostile-file gate (T22–T24): nothing that it has not accepted reaches the runtime. Gives how the model is best served. */
async function passGate({ name, manifest, readGraph }: FoundModel): Promise<ServingPlan> {
  const planned = planServing(await readGraph(), manifest);
  if (planned.kind === "accepted") return planned.plan;
  throw new ModelRefusedError({ model: name, expected: "a graph that the gate accepts", found: describeRefusal(planned.refusal) });
}
