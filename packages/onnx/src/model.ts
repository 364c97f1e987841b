/** A tensor in the file. `data` is a view of the file where the file holds raw bytes. */
export interface StoredTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  /** Little-endian, row-major. */
  readonly data: Uint8Array;
}

export type Attribute =
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "integers"; readonly value: readonly bigint[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "texts" }
  | { readonly kind: "tensor"; readonly value: StoredTensor };

export interface GraphNode {
  /** For messages: its own name, or that of its first output. */
  readonly name: string;
  readonly domain: string;
  readonly operator: string;
  /** "" for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A graph input or output; a dimension is a number or a symbol ("" where unnamed). Dims are undefined where the file states no shape. */
export interface GraphValue {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly (number | string)[] | undefined;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** By domain; "" is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly GraphNode[];
  readonly initialisers: ReadonlyMap<string, StoredTensor>;
  /** Without those that an initialiser of the same name makes optional. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}
