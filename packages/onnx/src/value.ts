import { INT32, INT64 } from "./element-type.ts";
import type { StoredTensor } from "./model.ts";

/** What is known of a tensor before the model runs, at one profile and number of items. */
export interface Value {
  readonly type: number;
  readonly dims: readonly number[];
  /** True where axis 0 counts the items and row i comes from item i alone; false where nothing in it comes from any item. */
  readonly rows: boolean;
  /** The contents of a small integer tensor that is known: shapes, axes, indices. */
  readonly integers?: readonly bigint[];
  /** True where the contents, though of no item, depend on how many there are. Such a value may shape a tensor and nothing else. */
  readonly countsItems: boolean;
}

/** Larger tensors are no shapes. */
const KNOWN_ELEMENTS_MAX = 1_024;

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export function constantValue(tensor: StoredTensor): Value {
  const base = { type: tensor.type, dims: tensor.dims, rows: false, countsItems: false };
  const integers = integersOf(tensor);
  return integers === undefined ? base : { ...base, integers };
}

function integersOf({ type, dims, data }: StoredTensor): bigint[] | undefined {
  const count = elementCount(dims);
  if ((type !== INT64 && type !== INT32) || count > KNOWN_ELEMENTS_MAX) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const read = type === INT64 ? (at: number) => view.getBigInt64(at * 8, true) : (at: number) => BigInt(view.getInt32(at * 4, true));
  return Array.from({ length: count }, (_, index) => read(index));
}

/** A value computed from items or constants, contents unknown. */
export function computed(type: number, dims: readonly number[], rows: boolean): Value {
  return { type, dims, rows, countsItems: false };
}
