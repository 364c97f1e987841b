import { UINT8 } from "../element-type.ts";
import type { Rule } from "../node-view.ts";
import { computed } from "../value.ts";

/** QuantizeLinear: x, scale, zero_point?; scales are constants, so no item shifts another (unlike dynamic quantisation, which is not on the list). */
export const quantizeLinear: Rule = (node) => {
  const value = node.input(0);
  node.constant(1, "a scale");
  const type = node.inputs[2] === undefined ? UINT8 : node.constant(2, "a zero point").type;
  return { outputs: [computed(type, value.dims, value.rows)], macs: 0 };
};

export const dequantizeLinear: Rule = (node) => {
  const value = node.input(0);
  const scale = node.constant(1, "a scale");
  if (node.inputs[2] !== undefined) node.constant(2, "a zero point");
  return { outputs: [computed(scale.type, value.dims, value.rows)], macs: 0 };
};
