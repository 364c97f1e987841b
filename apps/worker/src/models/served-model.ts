import type { Item, Manifest } from "@lamina/codec";
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
  readonly unitsPerItem: ReadonlyMap<number, bigint>;
  readonly runner: ModelRunner;
  readonly runBudgetMs: number;
}
