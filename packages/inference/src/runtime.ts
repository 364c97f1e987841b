import type { Tensor } from "@lamina/codec";

export const PROVIDERS = ["cpu", "webgpu", "cuda"] as const;
/** Where operators run. A change of provider changes floating-point results within the model's tolerance. */
export type Provider = (typeof PROVIDERS)[number];

export interface OpenOptions {
  readonly provider: Provider;
}

/** One loaded model. Runs one batch at a time on one thread. */
export interface RuntimeSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Inputs in the order of `inputNames`; outputs in the order of `outputs`. Rejects with the runtime's own complaint. */
  run(inputs: ReadonlyMap<string, Tensor>, outputs: readonly string[]): Promise<Tensor[]>;
  close(): Promise<void>;
}

/** The engine that runs ONNX files. It trusts nothing to be well-formed, yet it is native code: call it in a confined process alone. */
export interface InferenceRuntime {
  readonly name: string;
  /** Throws `ProviderError` where the provider cannot be used, `Error` where the file is refused. */
  open(graph: Uint8Array, options: OpenOptions): Promise<RuntimeSession>;
}
