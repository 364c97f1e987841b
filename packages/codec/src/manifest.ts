import type { Digest, ModelId } from "@lamina/primitives";
import { hash } from "./hash.ts";
import type { ElementType } from "./tensor.ts";

export const MANIFEST_TAG = "lamina/manifest/1";
export const MANIFEST_BYTES_MAX = 65_536;

export interface ManifestFile {
  /** Relative; see `manifestProblem` for what a path may hold. */
  readonly path: string;
  /** Bytes. */
  readonly size: bigint;
  readonly sha256: Digest;
}

export interface TensorSpec {
  readonly name: string;
  readonly type: ElementType;
}

/** A static shape that the model runs at, for one item: dimensions of every input and output, batch axis 1. */
export interface Profile {
  /** 1, 2, … */
  readonly id: number;
  /** At least 1. */
  readonly unitsPerItem: bigint;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** How inputs shorter than the profile are filled up at the end of axis 1. */
export interface RightPadding {
  /** Name of the input that is 0 at padding and 1 elsewhere. */
  readonly mask: string;
  /** One value per input, signed 64-bit. */
  readonly pads: readonly bigint[];
}

/** What a model is. `model_id` is the digest of its bytes. Source: docs/spec/manifest.md. */
export interface Manifest {
  readonly name: string;
  readonly task: string;
  readonly licence: string;
  readonly source: string;
  /** Ascending by path. */
  readonly files: readonly ManifestFile[];
  /** Path of the ONNX file. */
  readonly graph: string;
  readonly tokenizer?: { readonly kind: string; readonly path: string };
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly profiles: readonly Profile[];
  readonly padding?: RightPadding;
  readonly labels: readonly string[];
  /** Allowed verification levels, ascending. */
  readonly levels: readonly number[];
}

/** `model_id` (I26): of canonical bytes, so decode them first where they come from outside. */
export function computeModelId(manifestBytes: Uint8Array): ModelId {
  return hash(manifestBytes) as Digest as ModelId;
}
