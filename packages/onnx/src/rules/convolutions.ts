import type { NodeView, Rule } from "../node-view.ts";
import { computed, elementCount, type Value } from "../value.ts";

/** Spatial dimensions after a window has gone over them. Source: ONNX Conv, MaxPool, AveragePool. */
function windowDims(node: NodeView, spatial: readonly number[], kernel: readonly number[]): number[] {
  const rank = spatial.length;
  const list = (name: string, length: number, otherwise: number) => {
    const listed = node.integers(name)?.map(Number) ?? Array.from({ length }, () => otherwise);
    if (listed.length !== length || listed.some((each) => each < 0 || each > 65_536)) throw node.invalid(`${name} [${listed.join(", ")}]`);
    return listed;
  };
  const strides = list("strides", rank, 1);
  const dilations = list("dilations", rank, 1);
  const pads = list("pads", 2 * rank, 0);
  if (node.text("auto_pad", "NOTSET") !== "NOTSET" || node.integer("ceil_mode", 0) !== 0)
    throw node.unbounded("only explicit padding is on the list");
  return spatial.map((dim, axis) => {
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const out = Math.floor((dim + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0) - reach) / Math.max(1, strides[axis] ?? 1)) + 1;
    if (out < 1) throw node.invalid("a window larger than what it goes over");
    return out;
  });
}

export const conv: Rule = (node) => {
  if (node.inputs[2] !== undefined) node.constant(2, "a bias");
  return convolution(node, node.input(0), node.constant(1, "a kernel"), node.input(0).type);
};

/** QLinearConv: x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B?. */
export const qLinearConv: Rule = (node) => {
  for (const index of [1, 2, 4, 5, 6, 7]) node.constant(index, "a scale or zero point");
  if (node.inputs[8] !== undefined) node.constant(8, "a bias");
  return convolution(node, node.input(0), node.constant(3, "a kernel"), node.input(7).type);
};

function convolution(node: NodeView, value: Value, kernel: Value, type: number) {
  const [items = 0, channels = 0, ...spatial] = value.dims;
  const [out = 0, perGroup = 0, ...window] = kernel.dims;
  const group = node.integer("group", 1);
  if (spatial.length < 1 || window.length !== spatial.length || perGroup * group !== channels || out % group !== 0) {
    throw node.invalid(`[${value.dims.join(", ")}] under [${kernel.dims.join(", ")}] in ${group} groups`);
  }
  const dims = [items, out, ...windowDims(node, spatial, window)];
  return { outputs: [computed(type, dims, value.rows)], macs: elementCount(dims) * perGroup * elementCount(window) };
}

/** MaxPool without its indices, AveragePool. */
export const pool: Rule = (node) => {
  const value = node.input(0);
  const kernel = node.integers("kernel_shape")?.map(Number) ?? [];
  const spatial = value.dims.slice(2);
  if (node.node.outputs.length !== 1 || kernel.length !== spatial.length || spatial.length < 1) throw node.invalid("a pool of another form");
  const dims = [...value.dims.slice(0, 2), ...windowDims(node, spatial, kernel)];
  return { outputs: [computed(value.type, dims, value.rows)], macs: elementCount(dims) * elementCount(kernel) };
};

export const globalPool: Rule = (node) => {
  const value = node.input(0);
  if (value.dims.length < 3) throw node.invalid("nothing to pool over");
  const dims = value.dims.map((dim, axis) => (axis < 2 ? dim : 1));
  return { outputs: [computed(value.type, dims, value.rows)], macs: elementCount(value.dims) };
};

/** BatchNormalization as inference does it: moments are constants, not those of the batch. */
export const batchNormalization: Rule = (node) => {
  const value = node.input(0);
  if (node.integer("training_mode", 0) !== 0) throw node.mixes("items are normalised together");
  for (const index of [1, 2, 3, 4]) node.constant(index, "a moment");
  if (node.node.outputs.length !== 1) throw node.invalid("outputs of training");
  return { outputs: [computed(value.type, value.dims, value.rows)], macs: elementCount(value.dims) };
};
