import { elementBytes, type Item, type Manifest, type Profile } from "@lamina/codec";
import type { HostLoad } from "@lamina/inference";
import type { ModelId } from "@lamina/primitives";

/** What runs a model: `ModelHost` of @lamina/inference, as far as jobs need it. */
export interface ModelRunner {
  run(profile: number, items: readonly Item[], options: { readonly waitBudgetMs: number; readonly signal: AbortSignal }): Promise<Item[]>;
  load(): HostLoad;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** One model that this worker serves. */
export interface ServedModel {
  readonly name: string;
  readonly modelId: ModelId;
  readonly manifest: Manifest;
  /** By profile id. */
  readonly unitsPerItem: ReadonlyMap<number, bigint>;
  readonly outputBytesPerItem: ReadonlyMap<number, number>;
  readonly levels: readonly number[];
  readonly runner: ModelRunner;
}

/** What a manifest says of each profile, as judging a job needs it. */
export function profileTerms(manifest: Manifest): Pick<ServedModel, "unitsPerItem" | "outputBytesPerItem" | "levels"> {
  return {
    levels: manifest.levels,
    unitsPerItem: new Map(manifest.profiles.map(({ id, unitsPerItem }) => [id, unitsPerItem])),
    outputBytesPerItem: new Map(manifest.profiles.map((profile) => [profile.id, outputBytesOf(manifest, profile)])),
  };
}

/** An item's outputs in an answer: their data, and some bytes of framing each. */
function outputBytesOf(manifest: Manifest, profile: Profile): number {
  const framing = 64;
  const sizes = manifest.outputs.map(({ type }, at) => (profile.outputs[at] ?? []).reduce((product, dim) => product * dim, elementBytes(type) ?? 0));
  return sizes.reduce((sum, size) => sum + size + framing, framing);
}
