import { INT64 } from "../element-type.ts";
import type { NodeView, Rule } from "../node-view.ts";
import { computed, constantValue, elementCount, type Value } from "../value.ts";

/** Shape, with start and end from version 15. Its result is known; it counts items where it looks at axis 0 of rows. */
export const shape: Rule = (node) => {
  const value = node.input(0);
  const rank = value.dims.length;
  const bound = (position: number) => Math.min(rank, Math.max(0, position < 0 ? position + rank : position));
  const start = bound(node.integer("start", 0));
  const end = bound(node.integer("end", rank));
  const integers = value.dims.slice(start, end).map(BigInt);
  if (integers.length === 0) throw node.invalid("an empty shape");
  return { outputs: [{ type: INT64, dims: [integers.length], rows: false, integers, countsItems: value.rows && start === 0 }], macs: 0 };
};

export const constant: Rule = (node) => {
  const attributes = node.node.attributes;
  const [name, attribute] = [...attributes][0] ?? [];
  if (attributes.size !== 1 || attribute === undefined) throw node.invalid("a constant needs exactly one value");
  if (name === "value" && attribute.kind === "tensor") return { outputs: [constantValue(attribute.value)], macs: 0 };
  if (name === "value_float" && attribute.kind === "float") return { outputs: [computed(1, [], false)], macs: 0 };
  if (name === "value_floats" && attribute.kind === "floats") return { outputs: [computed(1, [attribute.value.length], false)], macs: 0 };
  const integers = name === "value_int" && attribute.kind === "integer" ? [attribute.value] : undefined;
  const many = name === "value_ints" && attribute.kind === "integers" ? attribute.value : undefined;
  const known = integers ?? many;
  if (known === undefined) throw node.invalid(`a constant by ${name}`);
  return { outputs: [{ ...computed(INT64, many === undefined ? [] : [many.length], false), integers: known }], macs: 0 };
};

/**
 * Reshape: row-major order is kept, so with the items first before and after, and as many elements to each, every item keeps its own.
 * 0 copies a dimension, −1 takes what is left.
 */
export const reshape: Rule = (node) => {
  const value = node.input(0);
  const wanted = node.known(1, "the new shape");
  if (node.integer("allowzero", 0) !== 0) throw node.invalid("allowzero");
  const count = elementCount(value.dims);
  const open = wanted.indexOf(-1n);
  const dims = wanted.map((dim, axis) => (dim === 0n ? (value.dims[axis] ?? -1) : Number(dim)));
  const settled = dims.reduce((product, dim, axis) => (axis === open ? product : product * dim), 1);
  if (open >= 0) dims[open] = count / settled;
  if (elementCount(dims) !== count || dims.some((dim) => !Number.isInteger(dim) || dim < 1)) {
    throw node.invalid(`[${value.dims.join(", ")}] as [${wanted.join(", ")}]`);
  }
  checkItemsFirst(node, value, dims);
  if (!value.rows && node.input(1).countsItems) throw node.mixes("a constant is cut by the number of items");
  return { outputs: [keep(value, dims)], macs: 0 };
};

export const flatten: Rule = (node) => {
  const value = node.input(0);
  const rank = value.dims.length;
  const axis = node.integer("axis", 1);
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at > rank) throw node.invalid(`axis ${axis} of rank ${rank}`);
  const dims = [elementCount(value.dims.slice(0, at)), elementCount(value.dims.slice(at))];
  checkItemsFirst(node, value, dims);
  return { outputs: [keep(value, dims)], macs: 0 };
};

export const unsqueeze: Rule = (node) => {
  const value = node.input(0);
  const listed = node.known(1, "the list of axes");
  const rank = value.dims.length + listed.length;
  const axes = node.axes(listed, rank);
  const rest = [...value.dims];
  const dims = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() ?? 1)));
  if (value.rows && axes.has(0)) throw node.mixes("items leave axis 0");
  return { outputs: [keep(value, dims)], macs: 0 };
};

export const squeeze: Rule = (node) => {
  const value = node.input(0);
  const axes = node.axes(node.known(1, "the list of axes"), value.dims.length);
  if (value.rows && axes.has(0)) throw node.mixes("items leave axis 0");
  if ([...axes].some((axis) => value.dims[axis] !== 1)) throw node.invalid("an axis that is not 1");
  const dims = value.dims.filter((_, axis) => !axes.has(axis));
  return { outputs: [keep(value, dims)], macs: 0 };
};

export const transpose: Rule = (node) => {
  const value = node.input(0);
  const rank = value.dims.length;
  const order = node.integers("perm")?.map(Number) ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (order.length !== rank || [...order].sort((a, b) => a - b).some((axis, at) => axis !== at))
    throw node.invalid(`order [${order.join(", ")}] of rank ${rank}`);
  if (value.rows && order[0] !== 0) throw node.mixes("items leave axis 0");
  return {
    outputs: [
      computed(
        value.type,
        order.map((axis) => value.dims[axis] ?? 1),
        value.rows,
      ),
    ],
    macs: 0,
  };
};

/** Expand, ConstantOfShape: a shape that counts items makes rows that are all alike. */
export const expand: Rule = (node) => {
  const value = node.input(0);
  const wanted = knownShape(node, 1);
  const rank = Math.max(wanted.length, value.dims.length);
  const dims = Array.from({ length: rank }, (_, axis) => {
    const own = value.dims[axis - rank + value.dims.length] ?? 1;
    const asked = wanted[axis - rank + wanted.length] ?? 1;
    if (own !== asked && own !== 1 && asked !== 1) throw node.invalid(`[${value.dims.join(", ")}] expanded to [${wanted.join(", ")}]`);
    return own === 1 ? asked : own;
  });
  if (value.rows && value.dims.length !== rank) throw node.mixes("items leave axis 0");
  if (value.countsItems) throw node.mixes("contents depend on the number of items");
  return { outputs: [filled(node, value.type, dims, value.rows, node.input(1).countsItems)], macs: 0 };
};

export const constantOfShape: Rule = (node) => {
  const fill = node.node.attributes.get("value");
  if (fill !== undefined && fill.kind !== "tensor") throw node.invalid("a filling that is no tensor");
  const type = fill?.kind === "tensor" ? fill.value.type : 1;
  return { outputs: [filled(node, type, knownShape(node, 0), false, node.input(0).countsItems)], macs: 0 };
};

function knownShape(node: NodeView, index: number): number[] {
  return node.known(index, "the shape").map((dim) => {
    if (dim < 1n || dim > 0x7fff_ffffn) throw node.invalid(`a dimension of ${dim}`);
    return Number(dim);
  });
}

function filled(node: NodeView, type: number, dims: readonly number[], rows: boolean, countsItems: boolean): Value {
  const itemsFirst = dims[0] === node.items;
  if ((countsItems || rows) && !itemsFirst) throw node.mixes("a shape depends on the number of items elsewhere than on axis 0");
  return computed(type, dims, rows || countsItems);
}

function checkItemsFirst(node: NodeView, value: Value, dims: readonly number[]): void {
  if (value.rows && dims[0] !== node.items) throw node.mixes("items leave axis 0");
}

/** The same elements in another shape. */
function keep(value: Value, dims: readonly number[]): Value {
  return { ...value, dims };
}
