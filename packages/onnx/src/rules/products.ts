import { INT32 } from "../element-type.ts";
import type { NodeView, Rule } from "../node-view.ts";
import { computed, elementCount, type Value } from "../value.ts";
import { broadcast, broadcastDims } from "./broadcast.ts";

export const matMul: Rule = (node) => product(node, node.input(0), node.input(1), node.input(0).type);

export const matMulInteger: Rule = (node) => {
  for (const index of [2, 3]) if (node.inputs[index] !== undefined) node.constant(index, "a zero point");
  return product(node, node.input(0), node.input(1), INT32);
};

/** QLinearMatMul: a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point. */
export const qLinearMatMul: Rule = (node) => {
  for (const index of [1, 2, 4, 5, 6, 7]) node.constant(index, "a scale or zero point");
  return product(node, node.input(0), node.input(3), node.input(7).type);
};

/** [..., m, k] · [..., k, n]. Items may lie on axis 0 of either operand as long as that is no axis that is summed over. */
function product(node: NodeView, left: Value, right: Value, type: number) {
  const [m, k] = left.dims.slice(-2);
  const [depth, n] = right.dims.slice(-2);
  if (m === undefined || k === undefined || depth === undefined || n === undefined) throw node.invalid("an operand of rank below 2");
  if (k !== depth) throw node.invalid(`[${left.dims.join(", ")}] · [${right.dims.join(", ")}]`);
  const outer = broadcastDims(node, [left.dims.slice(0, -2), right.dims.slice(0, -2)]);
  const dims = [...outer, m, n];
  checkRows(node, left, right, dims.length);
  return { outputs: [computed(type, dims, left.rows || right.rows)], macs: elementCount(outer) * m * k * n };
}

function checkRows(node: NodeView, left: Value, right: Value, rank: number): void {
  if (right.rows && (right.dims.length === 2 || right.dims.length !== rank)) throw node.mixes("the right operand's items are summed over");
  if (left.rows && left.dims.length !== rank) throw node.mixes("the left operand's items are not axis 0 of the result");
  if (left.rows === right.rows) return;
  const constant = left.rows ? right : left;
  if (constant.dims.length === rank && rank > 2 && constant.dims[0] !== 1) throw node.mixes("a constant differs from item to item");
}

/** Gemm: A [m, k], B [k, n], both perhaps transposed, C broadcast to [m, n]. */
export const gemm: Rule = (node) => gemmOf(node, node.input(0), node.input(1), node.inputs[2], node.input(0).type);

/** com.microsoft QGemm: A, a_scale, a_zero_point, B, b_scale, b_zero_point, C?, y_scale?, y_zero_point?; float32 without an output scale. */
export const qGemm: Rule = (node) => {
  for (const index of [1, 2, 4, 5, 7, 8]) if (node.inputs[index] !== undefined) node.constant(index, "a scale or zero point");
  const type = node.inputs[8]?.type ?? 1;
  return gemmOf(node, node.input(0), node.input(3), node.inputs[6], type);
};

function gemmOf(node: NodeView, left: Value, right: Value, bias: Value | undefined, type: number) {
  if (left.dims.length !== 2 || right.dims.length !== 2) throw node.invalid("an operand that is no matrix");
  if (right.rows) throw node.mixes("the right operand's items are summed over");
  const flipped = node.integer("transA", 0) !== 0;
  if (left.rows && flipped) throw node.mixes("the left operand is transposed");
  const [m = 0, k = 0] = flipped ? [...left.dims].reverse() : left.dims;
  const [depth = 0, n = 0] = node.integer("transB", 0) === 0 ? right.dims : [...right.dims].reverse();
  if (k !== depth) throw node.invalid(`[${m}, ${k}] · [${depth}, ${n}]`);
  const matrix = computed(type, [m, n], left.rows);
  const sum = bias === undefined ? matrix : broadcast(node, [matrix, bias]);
  if (sum.dims[0] !== m || sum.dims[1] !== n) throw node.invalid("a bias larger than the product");
  return { outputs: [computed(type, sum.dims, sum.rows)], macs: m * k * n };
}
