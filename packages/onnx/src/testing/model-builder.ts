import { bytesField, floatField, join, numberField, textField } from "./protobuf-writer.ts";

/** An attribute's value: a float as {f}, an integer, a list of integers, a text, a tensor or a graph. */
export type AttributeValue =
  | number
  | readonly number[]
  | string
  | { readonly f: number }
  | { readonly tensor: Uint8Array }
  | { readonly graph: Uint8Array };

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Appended to the node's bytes. */
  readonly extra?: Uint8Array;
}

export interface ValueSpec {
  readonly name: string;
  readonly type: number;
  /** No shape is stated where there are none. */
  readonly dims?: readonly (number | string)[];
}

export interface GraphSpec {
  readonly name?: string;
  readonly nodes: readonly NodeSpec[];
  readonly initialisers?: readonly Uint8Array[];
  readonly inputs?: readonly ValueSpec[];
  readonly outputs?: readonly ValueSpec[];
  readonly extra?: Uint8Array;
}

export interface ModelSpec extends GraphSpec {
  readonly opsets?: readonly (readonly [domain: string, version: number])[];
  readonly irVersion?: number;
  /** Appended to the model's bytes. */
  readonly modelExtra?: Uint8Array;
}

/** ModelProto bytes: ir_version 1, graph 7, opset_import 8. */
export function buildOnnx(spec: ModelSpec): Uint8Array {
  const opsets = spec.opsets ?? [["", 17]];
  const imports = opsets.map(([domain, version]) => bytesField(8, join(domain === "" ? join() : textField(1, domain), numberField(2, version))));
  return join(numberField(1, spec.irVersion ?? 8), bytesField(7, buildGraph(spec)), ...imports, spec.modelExtra ?? join());
}

/** GraphProto bytes: node 1, name 2, initializer 5, input 11, output 12. */
export function buildGraph(spec: GraphSpec): Uint8Array {
  return join(
    ...spec.nodes.map((node) => bytesField(1, buildNode(node))),
    textField(2, spec.name ?? "g"),
    ...(spec.initialisers ?? []).map((tensor) => bytesField(5, tensor)),
    ...(spec.inputs ?? []).map((value) => bytesField(11, buildValue(value))),
    ...(spec.outputs ?? []).map((value) => bytesField(12, buildValue(value))),
    spec.extra ?? join(),
  );
}

function buildNode(node: NodeSpec): Uint8Array {
  return join(
    ...node.inputs.map((name) => textField(1, name)),
    ...node.outputs.map((name) => textField(2, name)),
    textField(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => bytesField(5, buildAttribute(name, value))),
    node.domain === undefined ? join() : textField(7, node.domain),
    node.extra ?? join(),
  );
}

function buildAttribute(name: string, value: AttributeValue): Uint8Array {
  if (typeof value === "number") return join(textField(1, name), numberField(3, value), numberField(20, 2));
  if (typeof value === "string") return join(textField(1, name), textField(4, value), numberField(20, 3));
  if (Array.isArray(value)) return join(textField(1, name), ...value.map((each: number) => numberField(8, each)), numberField(20, 7));
  if ("f" in value) return join(textField(1, name), floatField(2, value.f), numberField(20, 1));
  if ("tensor" in value) return join(textField(1, name), bytesField(5, value.tensor), numberField(20, 4));
  if ("graph" in value) return join(textField(1, name), bytesField(6, value.graph), numberField(20, 5));
  throw new TypeError(`attribute ${name} is of no kind`);
}

/** ValueInfoProto with a tensor type. */
export function buildValue({ name, type, dims }: ValueSpec): Uint8Array {
  const shape = join(...(dims ?? []).map((dim) => bytesField(1, typeof dim === "number" ? numberField(1, dim) : textField(2, dim))));
  return join(textField(1, name), bytesField(2, bytesField(1, join(numberField(1, type), dims === undefined ? join() : bytesField(2, shape)))));
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
export function buildTensor(name: string, type: number, dims: readonly number[], data: Uint8Array, extra: Uint8Array = join()): Uint8Array {
  return join(...dims.map((dim) => numberField(1, dim)), numberField(2, type), textField(8, name), bytesField(9, data), extra);
}

export function int64Tensor(name: string, values: readonly (number | bigint)[], dims: readonly number[] = [values.length]): Uint8Array {
  return buildTensor(name, 7, dims, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
}

export function floatTensor(name: string, values: readonly number[], dims: readonly number[] = [values.length]): Uint8Array {
  return buildTensor(name, 1, dims, new Uint8Array(Float32Array.from(values).buffer));
}
