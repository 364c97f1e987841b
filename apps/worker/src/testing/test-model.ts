import { computeModelId, encodeManifest, type Item, type Manifest } from "@lamina/codec";
import { checkItem, type HostLoad } from "@lamina/inference";
import type { Digest } from "@lamina/primitives";
import { type ModelRunner, profileTerms, type ServedModel } from "../models/served-model.ts";

/** Two numbers in, their sum and difference out; a second profile takes four. */
export const SUMS: Manifest = {
  name: "sums",
  task: "arithmetic",
  licence: "Apache-2.0",
  source: "this test",
  files: [{ path: "model.onnx", size: 1n, sha256: new Uint8Array(32) as Digest }],
  graph: "model.onnx",
  inputs: [{ name: "numbers", type: 1 }],
  outputs: [{ name: "results", type: 1 }],
  profiles: [
    { id: 1, unitsPerItem: 2n, inputs: [[1, 2]], outputs: [[1, 2]] },
    { id: 2, unitsPerItem: 4n, inputs: [[1, 4]], outputs: [[1, 2]] },
  ],
  labels: [],
  levels: [1],
};

/** Runs `SUMS` in this process. Runs wait at the gate while it is shut. */
export class TestRunner implements ModelRunner {
  runs = 0;
  failure: Error | undefined;
  #gate: Promise<void> | undefined;
  #open: () => void = () => undefined;

  shut(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
    this.#gate = undefined;
  }

  async run(profileId: number, items: readonly Item[], { signal }: { readonly signal: AbortSignal }): Promise<Item[]> {
    const profile = SUMS.profiles.find(({ id }) => id === profileId);
    if (profile === undefined) throw new Error(`no profile ${profileId}`);
    for (const item of items) checkItem(SUMS, profile, item);
    this.runs += 1;
    await this.#gate;
    signal.throwIfAborted();
    if (this.failure !== undefined) throw this.failure;
    return items.map((item) => [sums(item)]);
  }

  load(): HostLoad {
    return { sessionsReady: 1, sessions: 1, itemsWaiting: 0, batchesRunning: 0, runMs: 0 };
  }

  async drain(): Promise<void> {
    await this.#gate;
  }

  async stop(): Promise<void> {
    this.open();
  }
}

function sums(item: Item) {
  const numbers = new Float32Array(item[0]?.data.slice().buffer ?? new ArrayBuffer(0));
  const [first = 0, second = 0] = numbers;
  return { type: 1 as const, dims: [1, 2], data: new Uint8Array(Float32Array.of(first + second, first - second).buffer) };
}

export function servedSums(runner: ModelRunner): ServedModel {
  return {
    name: SUMS.name,
    modelId: computeModelId(encodeManifest(SUMS)),
    manifest: SUMS,
    ...profileTerms(SUMS),
    runner,
  };
}

export function numbers(...values: number[]): Item {
  return [{ type: 1, dims: [1, values.length], data: new Uint8Array(Float32Array.from(values).buffer) }];
}
