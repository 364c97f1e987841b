import type { NodeView, Rule } from "../node-view.ts";
import { computed, type Value } from "../value.ts";

/**
 * Gather: rows may come from the indices (axis 0 of a constant table: embeddings) or from the data (any axis but the items'). Indices beyond the
 * data make the runtime refuse the run; which rows share it is the caller's concern.
 */
export const gather: Rule = (node) => {
  const data = node.input(0);
  const indices = node.input(1);
  const axis = node.axis(node.integer("axis", 0), data.dims.length);
  const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)];
  if (data.rows && indices.rows) throw node.mixes("items choose among items");
  if (data.rows && axis === 0) throw node.mixes("items are chosen among");
  if (indices.rows && axis !== 0) throw node.mixes("items leave axis 0");
  const known = gatherKnown(node, data, indices);
  if (known === undefined && (data.countsItems || indices.countsItems)) throw node.mixes("contents depend on the number of items");
  return { outputs: [{ ...computed(data.type, dims, data.rows || indices.rows), ...known }], macs: 0 };
};

function gatherKnown(node: NodeView, data: Value, indices: Value): Pick<Value, "integers" | "countsItems"> | undefined {
  if (data.integers === undefined || indices.integers === undefined || data.dims.length !== 1) return undefined;
  const length = data.integers.length;
  const integers = indices.integers.map((index) => {
    const value = data.integers?.[Number(index < 0n ? index + BigInt(length) : index)];
    if (value === undefined) throw node.invalid(`index ${index} of ${length}`);
    return value;
  });
  return { integers, countsItems: data.countsItems || indices.countsItems };
}

export const concat: Rule = (node) => {
  const values = node.inputs.map((_, index) => node.input(index));
  const first = node.input(0);
  const axis = node.axis(node.integer("axis", 0), first.dims.length);
  const rows = values.some((value) => value.rows);
  if (rows && (axis === 0 || values.some((value) => !value.rows))) throw node.mixes("items are joined with others, or with constants");
  for (const value of values) {
    const alike = value.dims.length === first.dims.length && value.dims.every((dim, at) => at === axis || dim === first.dims[at]);
    if (!alike) throw node.invalid("operands of different shapes");
  }
  const total = values.reduce((sum, value) => sum + (value.dims[axis] ?? 0), 0);
  const dims = first.dims.map((dim, at) => (at === axis ? total : dim));
  const known = first.dims.length === 1 && values.every((value) => value.integers !== undefined);
  const countsItems = values.some((value) => value.countsItems);
  if (!known && countsItems) throw node.mixes("contents depend on the number of items");
  const integers = known ? { integers: values.flatMap((value) => value.integers ?? []) } : {};
  return { outputs: [{ ...computed(first.type, dims, rows), ...integers, countsItems }], macs: 0 };
};

/** Slice: data, starts, ends, axes?, steps?; all but the data known. */
export const slice: Rule = (node) => {
  const value = node.input(0);
  const starts = node.known(1, "a start");
  const ends = node.known(2, "an end");
  const axes = node.inputs[3] === undefined ? starts.map((_, at) => BigInt(at)) : node.known(3, "the list of axes");
  const steps = node.inputs[4] === undefined ? starts.map(() => 1n) : node.known(4, "a step");
  // A table cut to as many rows as there are items would give each item its own: no constant then.
  if ([1, 2, 3, 4].some((index) => node.inputs[index]?.countsItems === true)) throw node.mixes("a part depends on the number of items");
  node.axes(axes, value.dims.length);
  const dims = [...value.dims];
  let known = value.integers;
  axes.forEach((listed, at) => {
    const axis = node.axis(listed, value.dims.length);
    if (value.rows && axis === 0) throw node.mixes("items are cut away");
    const part = range(node, starts[at], ends[at], steps[at], dims[axis] ?? 0);
    if (known !== undefined) known = value.dims.length === 1 ? part.map((index) => known?.[index] ?? 0n) : undefined;
    dims[axis] = part.length;
  });
  if (known === undefined && value.countsItems) throw node.mixes("contents depend on the number of items");
  const integers = known === undefined ? {} : { integers: known };
  return { outputs: [{ ...computed(value.type, dims, value.rows), ...integers, countsItems: value.countsItems }], macs: 0 };
};

/** Positions that a slice takes from an axis of `length`; not empty. */
function range(
  node: NodeView,
  start: bigint | undefined,
  end: bigint | undefined,
  step: bigint | undefined,
  length: number,
): { length: number; map: <T>(each: (index: number) => T) => T[] } {
  if (start === undefined || end === undefined || step === undefined || step < 1n)
    throw node.invalid("a slice without start or end, or with a step below 1");
  const bound = (position: bigint) => {
    const wide = BigInt(length);
    const absolute = position < 0n ? position + wide : position;
    return Number(absolute < 0n ? 0n : absolute > wide ? wide : absolute);
  };
  const [from, to] = [bound(start), bound(end)];
  const stride = Number(step > BigInt(length) ? BigInt(length) : step);
  const count = Math.ceil((to - from) / Math.max(1, stride));
  if (count < 1) throw node.invalid("an empty slice");
  return { length: count, map: (each) => Array.from({ length: count }, (_, index) => each(from + index * stride)) };
}

/** Split (from version 13): sizes known or equal. */
export const split: Rule = (node) => {
  const value = node.input(0);
  const axis = node.axis(node.integer("axis", 0), value.dims.length);
  if (value.rows && axis === 0) throw node.mixes("items are separated");
  const parts = node.node.outputs.length;
  const length = value.dims[axis] ?? 0;
  const sizes = node.inputs[1] === undefined ? equalParts(length, parts) : node.known(1, "the list of sizes").map(Number);
  if (sizes.length !== parts || sizes.some((size) => size < 1) || sizes.reduce((sum, size) => sum + size, 0) !== length)
    throw node.invalid(`${length} split into ${sizes.join(", ")}`);
  const outputs = sizes.map((size) =>
    computed(
      value.type,
      value.dims.map((dim, at) => (at === axis ? size : dim)),
      value.rows,
    ),
  );
  return { outputs, macs: 0 };
};

function equalParts(length: number, parts: number): number[] {
  const size = Math.ceil(length / parts);
  return Array.from({ length: parts }, (_, at) => Math.min(size, length - at * size));
}
