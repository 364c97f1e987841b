import type { Tensor } from "@lamina/codec";

/** Numbers of one tensor in row-major order; 64-bit integers as `bigint` or as safe numbers. */
export type Elements = ArrayLike<number> | ArrayLike<bigint> | ArrayLike<boolean>;

/** An input as its user has it. Axis 0 counts the items. */
export interface TensorInput {
  readonly name: string;
  /** As the Open Inference Protocol names them: `FP32`, `INT64`, … */
  readonly datatype: string;
  readonly shape: readonly number[];
  /** The elements; or `bytes`, little-endian, which `FP16` needs. */
  readonly data?: Elements;
  readonly bytes?: Uint8Array;
}

/** An input or output with its bytes. Axis 0 counts the items. */
export interface NamedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly type: Tensor["type"];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}
