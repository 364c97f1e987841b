import { INT64 } from "../element-type.ts";
import type { NodeView, Rule, RuleResult } from "../node-view.ts";
import { computed, type Value } from "../value.ts";

/** Axes as an attribute (ReduceMean and others until version 17) or as input 1. */
function reduceAxes(node: NodeView, rank: number): Set<number> {
  const listed = node.inputs[1] === undefined ? node.integers("axes") : node.known(1, "the list of axes");
  if (listed !== undefined && listed.length > 0) return node.axes(listed, rank);
  if (node.integer("noop_with_empty_axes", 0) !== 0) return new Set();
  return new Set(Array.from({ length: rank }, (_, axis) => axis));
}

export const reduce: Rule = (node) => {
  const value = node.input(0);
  return reduced(node, value, reduceAxes(node, value.dims.length), value.type);
};

/** ArgMax, ArgMin. */
export const argument: Rule = (node) => {
  const value = node.input(0);
  return reduced(node, value, new Set([node.axis(node.integer("axis", 0), value.dims.length)]), INT64);
};

function reduced(node: NodeView, value: Value, axes: ReadonlySet<number>, type: number): RuleResult {
  if (value.rows && axes.has(0)) throw node.mixes("items are reduced");
  const keep = node.integer("keepdims", 1) !== 0;
  const dims = keep ? value.dims.map((dim, axis) => (axes.has(axis) ? 1 : dim)) : value.dims.filter((_, axis) => !axes.has(axis));
  const cost = value.dims.reduce((product, dim) => product * dim, 1);
  return { outputs: [computed(type, dims, value.rows)], macs: cost };
}

/** Softmax and LogSoftmax (from version 13): along one axis. */
export const softmax: Rule = (node) => {
  const value = node.input(0);
  const axis = node.axis(node.integer("axis", -1), value.dims.length);
  if (value.rows && axis === 0) throw node.mixes("items are normalised together");
  return { outputs: [computed(value.type, value.dims, value.rows)], macs: 0 };
};

/** LayerNormalization: over all axes from `axis` on; its optional outputs mean and deviation. */
export const layerNormalization: Rule = (node) => {
  const value = node.input(0);
  const axis = node.axis(node.integer("axis", -1), value.dims.length);
  if (value.rows && axis === 0) throw node.mixes("items are normalised together");
  for (const index of [1, 2]) if (node.inputs[index] !== undefined) node.constant(index, "a scale or bias");
  const moments = value.dims.map((dim, at) => (at < axis ? dim : 1));
  const outputs = [computed(value.type, value.dims, value.rows), computed(1, moments, value.rows), computed(1, moments, value.rows)];
  return { outputs: outputs.slice(0, node.node.outputs.length), macs: 2 * value.dims.reduce((product, dim) => product * dim, 1) };
};
