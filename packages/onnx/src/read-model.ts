import { elementName, elementSize } from "./element-type.ts";
import type { ModelLimits } from "./limits.ts";
import { contentOf, Message, type MessageRules, textOf } from "./message.ts";
import type { Attribute, GraphNode, GraphValue, OnnxModel, StoredTensor } from "./model.ts";
import type { Field } from "./protobuf-reader.ts";
import { integersOf, readTensor } from "./read-tensor.ts";
import { checkLimit, forbidden, malformed } from "./refusal.ts";

const MODEL: MessageRules = {
  1: "once", // ir_version
  2: "skip",
  3: "skip",
  4: "skip",
  5: "skip",
  6: "skip",
  7: "once", // graph
  8: "many", // opset_import
  14: "skip",
  20: { forbid: "training information" },
  25: { forbid: "a local function" },
  26: { forbid: "a device configuration" },
};
const GRAPH: MessageRules = {
  1: "many", // node
  2: "skip",
  5: "many", // initializer
  10: "skip",
  11: "many", // input
  12: "many", // output
  13: "skip", // value_info: we infer shapes ourselves
  14: { forbid: "a quantization annotation" },
  15: { forbid: "a sparse initialiser" },
  16: "skip",
};
const NODE: MessageRules = {
  1: "many", // input
  2: "many", // output
  3: "once", // name
  4: "once", // op_type
  5: "many", // attribute
  6: "skip",
  7: "once", // domain
  8: { forbid: "an operator overload" },
  9: "skip",
  10: { forbid: "a device configuration" },
};
const ATTRIBUTE: MessageRules = {
  1: "once", // name
  2: "once", // f
  3: "once", // i
  4: "once", // s
  5: "once", // t
  6: { forbid: "a subgraph" },
  7: "many", // floats
  8: "many", // ints
  9: "many", // strings
  10: { forbid: "an attribute of many tensors" },
  11: { forbid: "a subgraph" },
  13: "skip",
  14: { forbid: "a type as attribute" },
  15: { forbid: "a type as attribute" },
  20: "once", // type
  21: { forbid: "a reference to a function's attribute" },
  22: { forbid: "a sparse tensor" },
  23: { forbid: "a sparse tensor" },
};
const OPSET: MessageRules = { 1: "once", 2: "once" };
const VALUE: MessageRules = { 1: "once", 2: "once", 3: "skip", 4: "skip" };
const TYPE: MessageRules = {
  1: "once", // tensor_type
  4: { forbid: "a sequence" },
  5: { forbid: "a map" },
  6: "skip",
  7: { forbid: "an opaque type" },
  8: { forbid: "a sparse tensor" },
  9: { forbid: "an optional type" },
};
const TENSOR_TYPE: MessageRules = { 1: "once", 2: "once" };
const SHAPE: MessageRules = { 1: "many" };
const DIMENSION: MessageRules = { 1: "once", 2: "once", 3: "skip" };

/**
 * Reads an ONNX file as far as running it needs, within limits, and refuses what is never allowed wherever it stands (T22–T24). Throws `RefusedError`.
 * Source: onnx/onnx.proto3, IR versions 7 to 10.
 */
export function readModel(bytes: Uint8Array, limits: ModelLimits): OnnxModel {
  checkLimit("bytes of the file", bytes.length, limits.fileBytesMax);
  const model = new Message("a model", MODEL, bytes, 0);
  const graphBytes = model.bytes(7);
  if (graphBytes === undefined) throw malformed(0, "a model without a graph");
  const irVersion = Number(model.integer(1) ?? 0n);
  if (irVersion < 7 || irVersion > 10) throw malformed(0, `IR version ${irVersion}, expected 7 to 10`);
  const graph = new Message("a graph", GRAPH, graphBytes.bytes, graphBytes.offset);
  const initialisers = readInitialisers(graph, limits);
  checkLimit("nodes", graph.all(1).length, limits.nodesMax);
  return {
    irVersion,
    opsets: readOpsets(model, limits),
    nodes: graph.all(1).map((field) => readNode(field, limits)),
    initialisers,
    inputs: readValues(graph.all(11), limits).filter((input) => !initialisers.has(input.name)),
    outputs: readValues(graph.all(12), limits),
  };
}

function readOpsets(model: Message, limits: ModelLimits): Map<string, number> {
  const opsets = new Map<string, number>();
  checkLimit("operator sets", model.all(8).length, limits.perNodeMax);
  for (const field of model.all(8)) {
    const opset = new Message("an operator set", OPSET, contentOf(field).bytes, field.offset);
    const named = opset.text(1, limits.nameBytesMax);
    const domain = named === "ai.onnx" ? "" : named;
    if (opsets.has(domain)) throw malformed(field.offset, `operator set ${domain || "ai.onnx"} twice`);
    opsets.set(domain, Number(opset.integer(2) ?? 0n));
  }
  return opsets;
}

function readInitialisers(graph: Message, limits: ModelLimits): Map<string, StoredTensor> {
  const fields = graph.all(5);
  checkLimit("initialisers", fields.length, limits.initialisersMax);
  const initialisers = new Map<string, StoredTensor>();
  for (const field of fields) {
    const tensor = readTensor(contentOf(field).bytes, field.offset, limits);
    if (tensor.name === "" || initialisers.has(tensor.name))
      throw malformed(field.offset, `initialiser ${JSON.stringify(tensor.name)} without a name of its own`);
    initialisers.set(tensor.name, tensor);
  }
  return initialisers;
}

function readNode(field: Field, limits: ModelLimits): GraphNode {
  const node = new Message("a node", NODE, contentOf(field).bytes, field.offset);
  const names = (number: number) => {
    checkLimit("inputs or outputs of a node", node.all(number).length, limits.perNodeMax);
    return node.all(number).map((each) => textOf(each, limits.nameBytesMax));
  };
  const outputs = names(2);
  const operator = node.text(4, limits.nameBytesMax);
  const domain = node.text(7, limits.nameBytesMax);
  const attributes = readAttributes(node, limits);
  const name = node.text(3, limits.nameBytesMax) || `${operator} of ${outputs[0] ?? "nothing"}`;
  return { name, domain: domain === "ai.onnx" ? "" : domain, operator, inputs: names(1), outputs, attributes };
}

function readAttributes(node: Message, limits: ModelLimits): Map<string, Attribute> {
  checkLimit("attributes of a node", node.all(5).length, limits.perNodeMax);
  const attributes = new Map<string, Attribute>();
  for (const field of node.all(5)) {
    const message = new Message("an attribute", ATTRIBUTE, contentOf(field).bytes, field.offset);
    const name = message.text(1, limits.nameBytesMax);
    if (attributes.has(name)) throw malformed(field.offset, `attribute ${name} twice`);
    attributes.set(name, readAttribute(message, limits));
  }
  return attributes;
}

const LIST_MAX = 4_096;

/** AttributeProto.type: 1 float, 2 integer, 3 text, 4 tensor, 6 floats, 7 integers, 8 texts. Fields of other kinds must be absent. */
function readAttribute(message: Message, limits: ModelLimits): Attribute {
  const type = Number(message.integer(20) ?? 0n);
  const field = { 1: 2, 2: 3, 3: 4, 4: 5, 6: 7, 7: 8, 8: 9 }[type];
  if (field === undefined) throw forbidden(`an attribute of type ${type}`);
  const stray = [2, 3, 4, 5, 7, 8, 9].find((each) => each !== field && message.has(each));
  if (stray !== undefined) throw malformed(message.offset, `an attribute of type ${type} with field ${stray}`);
  switch (type) {
    case 1:
      return { kind: "float", value: floats(message, field)[0] ?? 0 };
    case 2:
      return { kind: "integer", value: message.integer(field) ?? 0n };
    case 3:
      return { kind: "text", value: message.text(field, limits.nameBytesMax) };
    case 4: {
      const tensor = message.bytes(field);
      if (tensor === undefined) throw malformed(message.offset, "a tensor attribute without a tensor");
      return { kind: "tensor", value: readTensor(tensor.bytes, tensor.offset, limits) };
    }
    case 6:
      return { kind: "floats", value: floats(message, field) };
    case 7:
      return { kind: "integers", value: integers(message, field) };
    default:
      return { kind: "texts" };
  }
}

function integers(message: Message, field: number): bigint[] {
  const values = message.all(field).flatMap((each) => integersOf(each, LIST_MAX));
  checkLimit("integers of an attribute", values.length, LIST_MAX);
  return values;
}

function floats(message: Message, field: number): number[] {
  return message.all(field).flatMap((each) => {
    const bytes = each.wire === "fixed32" ? each.bytes : contentOf(each).bytes;
    if (bytes.length % 4 !== 0 || bytes.length > 4 * LIST_MAX) throw malformed(each.offset, `floats of ${bytes.length} bytes`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
  });
}

function readValues(fields: readonly Field[], limits: ModelLimits): GraphValue[] {
  checkLimit("inputs or outputs of the graph", fields.length, limits.initialisersMax);
  return fields.map((field) => {
    const value = new Message("a value", VALUE, contentOf(field).bytes, field.offset);
    const type = value.bytes(2);
    const tensorType = type === undefined ? undefined : new Message("a type", TYPE, type.bytes, type.offset).bytes(1);
    if (tensorType === undefined) throw malformed(field.offset, "an input or output without a tensor type");
    const tensor = new Message("a tensor type", TENSOR_TYPE, tensorType.bytes, tensorType.offset);
    const elementType = Number(tensor.integer(1) ?? 0n);
    if (elementSize(elementType) === undefined) throw forbidden(`an input or output of ${elementName(elementType)}`);
    return { name: value.text(1, limits.nameBytesMax), type: elementType, dims: readShape(tensor, limits) };
  });
}

function readShape(tensor: Message, limits: ModelLimits): (number | string)[] | undefined {
  const shape = tensor.bytes(2);
  if (shape === undefined) return undefined;
  const fields = new Message("a shape", SHAPE, shape.bytes, shape.offset).all(1);
  checkLimit("rank of an input or output", fields.length, limits.rankMax);
  return fields.map((field) => {
    const dimension = new Message("a dimension", DIMENSION, contentOf(field).bytes, field.offset);
    const value = dimension.integer(1);
    if (value === undefined) return dimension.text(2, limits.nameBytesMax);
    if (value < 1n || value > 0x7fff_ffffn || dimension.has(2)) throw malformed(field.offset, `a dimension of ${value}`);
    return Number(value);
  });
}
