import { BOOL, elementSize } from "../element-type.ts";
import type { NodeView, Rule } from "../node-view.ts";
import { computed, type Value } from "../value.ts";
import { broadcast } from "./broadcast.ts";

/** One input, same shape, same type. */
export const unary: Rule = (node) => {
  const value = node.input(0);
  return { outputs: [computed(value.type, value.dims, value.rows)], macs: 0 };
};

/** Any number of inputs, broadcast; the type of the first. */
export const nary: Rule = (node) => {
  const values = allInputs(node);
  const { dims, rows } = broadcast(node, values);
  return { outputs: [computed(node.input(0).type, dims, rows)], macs: 0 };
};

export const comparison: Rule = (node) => {
  const { dims, rows } = broadcast(node, allInputs(node));
  return { outputs: [computed(BOOL, dims, rows)], macs: 0 };
};

/** Where: condition, then two values of one type. */
export const where: Rule = (node) => {
  const { dims, rows } = broadcast(node, [node.input(0), node.input(1), node.input(2)]);
  return { outputs: [computed(node.input(1).type, dims, rows)], macs: 0 };
};

/** Clip: bounds are scalars of no item. */
export const clip: Rule = (node) => {
  for (const index of [1, 2]) if (node.inputs[index] !== undefined) node.constant(index, "a bound");
  return unary(node);
};

export const cast: Rule = (node) => {
  const value = node.input(0);
  const type = node.integer("to", 0);
  if (elementSize(type) === undefined) throw node.invalid(`cast to type ${type}`);
  const known = value.integers !== undefined && (type === 7 || type === 6) ? { integers: value.integers } : {};
  return { outputs: [{ ...computed(type, value.dims, value.rows), ...known, countsItems: value.countsItems }], macs: 0 };
};

function allInputs(node: NodeView): Value[] {
  if (node.inputs.length === 0) throw node.invalid("no inputs");
  return node.inputs.map((_, index) => node.input(index));
}
