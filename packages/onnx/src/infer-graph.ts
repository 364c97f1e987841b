import { elementSize } from "./element-type.ts";
import type { ModelLimits } from "./limits.ts";
import type { GraphNode, OnnxModel } from "./model.ts";
import { NodeView, type RuleResult } from "./node-view.ts";
import { OPERATOR_LIST, type Operator } from "./operator-list.ts";
import { checkLimit, RefusedError } from "./refusal.ts";
import { constantValue, elementCount, type Value } from "./value.ts";

/** What one run costs at most, from shapes alone. */
export interface GraphCost {
  /** Multiply-adds. */
  readonly macs: number;
  /** Elements written by all nodes. */
  readonly elements: number;
  /** Bytes of all tensors that live at once, initialisers aside, each freed after its last reader. */
  readonly peakBytes: number;
}

export interface Inferred {
  /** Every named tensor of the graph. */
  readonly values: ReadonlyMap<string, Value>;
  readonly cost: GraphCost;
}

/**
 * Goes through the nodes in their order and infers every tensor for `items` items whose inputs have the given values. Refuses operators that are not
 * on the list, shapes that are not known, tensors and costs over the limits, and whatever lets items influence each other. Throws `RefusedError`.
 * Limits are per item, so they grow with `items`.
 */
export function inferGraph(model: OnnxModel, inputs: ReadonlyMap<string, Value>, items: number, limits: ModelLimits): Inferred {
  const values = new Map<string, Value>(inputs);
  for (const [name, tensor] of model.initialisers) values.set(name, constantValue(tensor));
  const lastReader = lastReaders(model);
  const live = new Map<string, number>();
  let [macs, elements, liveBytes, peakBytes] = [0, 0, 0, 0];
  model.nodes.forEach((node, position) => {
    const result = inferNode(model, node, values, items);
    macs += result.macs;
    checkLimit("multiply-adds", macs, limits.macsMax * items);
    node.outputs.forEach((name, index) => {
      const value = result.outputs[index];
      if (value === undefined || name === "") return;
      if (values.has(name)) throw invalid(node, `${name} is defined twice`);
      const bytes = checkSize(node, name, value, items, limits);
      values.set(name, value);
      live.set(name, bytes);
      liveBytes += bytes;
      elements += elementCount(value.dims);
    });
    checkLimit("elements written", elements, limits.elementsMax * items);
    peakBytes = Math.max(peakBytes, liveBytes);
    checkLimit("bytes of tensors at once", peakBytes, limits.peakBytesMax * items);
    for (const name of new Set([...node.inputs, ...node.outputs])) {
      if ((lastReader.get(name) ?? position) > position) continue;
      liveBytes -= live.get(name) ?? 0;
      live.delete(name);
    }
  });
  return { values, cost: { macs, elements, peakBytes } };
}

function inferNode(model: OnnxModel, node: GraphNode, values: ReadonlyMap<string, Value>, items: number): RuleResult {
  const operator = listed(model, node);
  const inputs = node.inputs.map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (value === undefined) throw invalid(node, `input ${name} is not defined before`);
    return value;
  });
  if (inputs.length > operator.inputsMax) throw invalid(node, `${inputs.length} inputs, at most ${operator.inputsMax}`);
  const view = new NodeView(node, inputs, model.opsets.get(node.domain) ?? 0, items);
  if (!operator.countsItems && inputs.some((value) => value?.countsItems === true)) throw view.mixes("contents depend on the number of items");
  const result = operator.rule(view);
  if (result.outputs.length !== node.outputs.length) throw invalid(node, `${node.outputs.length} outputs, expected ${result.outputs.length}`);
  return result;
}

function listed(model: OnnxModel, node: GraphNode): Operator {
  const version = model.opsets.get(node.domain) ?? 0;
  const operator = OPERATOR_LIST.get(node.domain)?.get(node.operator);
  if (operator !== undefined && version >= operator.since && version <= operator.until) return operator;
  throw new RefusedError({ kind: "unknown-operator", node: node.name, domain: node.domain, operator: node.operator, version });
}

function checkSize(node: GraphNode, name: string, value: Value, items: number, limits: ModelLimits): number {
  checkLimit(`rank of ${name}`, value.dims.length, limits.rankMax);
  const empty = value.dims.find((dim) => !Number.isInteger(dim) || dim < 1);
  if (empty !== undefined) throw invalid(node, `${name} has a dimension of ${empty}`);
  const size = elementSize(value.type);
  if (size === undefined) throw invalid(node, `${name} is of type ${value.type}`);
  const bytes = elementCount(value.dims) * size;
  checkLimit(`bytes of ${name}`, bytes, limits.tensorBytesMax * items);
  return bytes;
}

/** By tensor, the position of the last node that reads it; graph outputs are read after the last node. */
function lastReaders(model: OnnxModel): Map<string, number> {
  const readers = new Map<string, number>();
  model.nodes.forEach((node, position) => {
    for (const name of node.inputs) readers.set(name, position);
  });
  for (const output of model.outputs) readers.set(output.name, model.nodes.length);
  return readers;
}

function invalid(node: GraphNode, reason: string): RefusedError {
  return new RefusedError({ kind: "invalid-graph", node: node.name, reason });
}
