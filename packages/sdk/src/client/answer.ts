import type { Checked } from "../check/check-answer.ts";
import type { NamedTensor } from "../tensors/client-tensor.ts";
import { bytesToElements } from "../tensors/elements.ts";

/** One output over all items: axis 0 counts them. */
export interface TensorOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Little-endian, row-major: exactly what the receipt commits to. */
  readonly bytes: Uint8Array;
  /** The elements: booleans as 0 and 1, 64-bit integers as `bigint`. Throws `InvalidRequestError` for `FP16`. */
  elements(): number[] | bigint[];
}

/** An answer that passed the check. */
export interface Answer {
  /** Hex. */
  readonly jobId: string;
  readonly outputs: readonly TensorOutput[];
  /** The receipt's bytes, of the stage that it had; `receipts.get` fetches a later one. */
  readonly receipt: Uint8Array;
  /** Undefined where the caller switched the check off. */
  readonly checked: Checked | undefined;
}

export function tensorOutput({ name, datatype, shape, type, bytes }: NamedTensor): TensorOutput {
  return { name, datatype, shape, bytes, elements: () => bytesToElements(name, type, bytes) };
}
