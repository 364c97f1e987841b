import type { Rule } from "./node-view.ts";
import { batchNormalization, conv, globalPool, pool, qLinearConv } from "./rules/convolutions.ts";
import { cast, clip, comparison, nary, unary, where } from "./rules/elementwise.ts";
import { gemm, matMul, matMulInteger, qGemm, qLinearMatMul } from "./rules/products.ts";
import { dequantizeLinear, quantizeLinear } from "./rules/quantisation.ts";
import { argument, layerNormalization, reduce, softmax } from "./rules/reductions.ts";
import { concat, gather, slice, split } from "./rules/selections.ts";
import { constant, constantOfShape, expand, flatten, reshape, shape, squeeze, transpose, unsqueeze } from "./rules/shapes.ts";

export interface Operator {
  readonly rule: Rule;
  /** Versions of the operator set at which the rule holds, both included. */
  readonly since: number;
  readonly until: number;
  /** Inputs at most. */
  readonly inputsMax: number;
  /** True where an input may count items (see `Value`): the rule takes care of it. */
  readonly countsItems: boolean;
}

/** Versions of ai.onnx that the rules were read against. */
const OLDEST = 13;
const NEWEST = 20;

function operators(rule: Rule, inputsMax: number, names: string, countsItems = false, since = OLDEST, until = NEWEST): [string, Operator][] {
  return names.split(" ").map((name) => [name, { rule, since, until, inputsMax, countsItems }]);
}

const ONNX: ReadonlyMap<string, Operator> = new Map([
  ...operators(
    unary,
    1,
    "Abs Ceil Elu Erf Exp Floor HardSigmoid Identity LeakyRelu Log Neg Not Reciprocal Relu Round Selu Sigmoid Sign Softplus Softsign Sqrt Tanh",
  ),
  ...operators(unary, 1, "HardSwish", false, 14),
  ...operators(unary, 1, "Gelu", false, 20),
  ...operators(nary, 2, "Add Sub Mul Div Pow PRelu And Or Xor"),
  ...operators(nary, 64, "Max Min Sum Mean"),
  ...operators(comparison, 2, "Equal Greater GreaterOrEqual Less LessOrEqual"),
  ...operators(where, 3, "Where"),
  ...operators(clip, 3, "Clip"),
  ...operators(cast, 1, "Cast", true, 13, 18),
  ...operators(matMul, 2, "MatMul"),
  ...operators(gemm, 3, "Gemm"),
  ...operators(matMulInteger, 4, "MatMulInteger"),
  ...operators(qLinearMatMul, 8, "QLinearMatMul"),
  ...operators(quantizeLinear, 3, "QuantizeLinear"),
  ...operators(dequantizeLinear, 3, "DequantizeLinear"),
  ...operators(conv, 3, "Conv"),
  ...operators(qLinearConv, 9, "QLinearConv"),
  ...operators(pool, 1, "MaxPool AveragePool"),
  ...operators(globalPool, 1, "GlobalAveragePool GlobalMaxPool"),
  ...operators(batchNormalization, 5, "BatchNormalization", false, 14),
  ...operators(layerNormalization, 3, "LayerNormalization", false, 17),
  ...operators(softmax, 1, "Softmax LogSoftmax"),
  ...operators(reduce, 2, "ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare"),
  ...operators(argument, 1, "ArgMax ArgMin"),
  ...operators(shape, 1, "Shape", true),
  ...operators(constant, 0, "Constant"),
  ...operators(reshape, 2, "Reshape", true),
  ...operators(flatten, 1, "Flatten"),
  ...operators(unsqueeze, 2, "Unsqueeze", true),
  ...operators(squeeze, 2, "Squeeze", true),
  ...operators(transpose, 1, "Transpose"),
  ...operators(expand, 2, "Expand", true),
  ...operators(constantOfShape, 1, "ConstantOfShape", true),
  ...operators(gather, 2, "Gather", true),
  ...operators(concat, 64, "Concat", true),
  ...operators(slice, 5, "Slice", true),
  ...operators(split, 2, "Split"),
]);

const MICROSOFT: ReadonlyMap<string, Operator> = new Map(operators(qGemm, 9, "QGemm", false, 1, 1));

/** Everything that may run, by domain ("" is ai.onnx) and name. What is not here is refused, whatever it does. */
export const OPERATOR_LIST: ReadonlyMap<string, ReadonlyMap<string, Operator>> = new Map([
  ["", ONNX],
  ["com.microsoft", MICROSOFT],
]);
