/** Element types as manifests and ONNX name them. */
export type ElementType =
  | "float32"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "int32"
  | "int64"
  | "bool"
  | "float16"
  | "float64"
  | "uint32"
  | "uint64";

export interface FileSource {
  /** Relative to the model's folder. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export interface TensorSource {
  readonly name: string;
  readonly type: ElementType;
}

/** Static shapes of one item, batch axis first and 1, in the order of the manifest's inputs and outputs. */
export interface ProfileSource {
  readonly id: number;
  readonly unitsPerItem: number;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** Shorter inputs are padded at the end of axis 1 with `pads` (one per input, decimal); `mask` is 0 there and 1 elsewhere. */
export interface PaddingSource {
  readonly mask: string;
  readonly pads: readonly string[];
}

/** A model's manifest as people read and write it. Its canonical bytes: docs/spec/manifest.md. */
export interface ManifestSource {
  readonly name: string;
  readonly task: "embedding" | "classification";
  readonly licence: string;
  readonly source: string;
  readonly files: readonly FileSource[];
  /** Path of the ONNX file, one of `files`. */
  readonly graph: string;
  readonly tokenizer: { readonly kind: "huggingface-json"; readonly path: string } | null;
  readonly inputs: readonly TensorSource[];
  readonly outputs: readonly TensorSource[];
  readonly profiles: readonly ProfileSource[];
  readonly padding: PaddingSource | null;
  readonly unitsRule: "per-item";
  /** Class names, in the order of the classes. */
  readonly labels: readonly string[];
  readonly levels: readonly ("optimistic" | "quorum" | "hybrid" | "zk")[];
}
