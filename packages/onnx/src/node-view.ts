import type { Attribute, GraphNode } from "./model.ts";
import { RefusedError } from "./refusal.ts";
import type { Value } from "./value.ts";

/** What a rule makes of a node: its outputs and the multiply-adds it costs beyond writing them. */
export interface RuleResult {
  readonly outputs: readonly Value[];
  readonly macs: number;
}

/** Infers one operator's outputs at given inputs, and refuses what cannot be bounded or mixes items. Throws `RefusedError`. */
export type Rule = (node: NodeView) => RuleResult;

/** A node as its rule sees it: inputs already inferred, attributes by kind, refusals that name the node. */
export class NodeView {
  readonly node: GraphNode;
  readonly inputs: readonly (Value | undefined)[];
  /** Version of the node's operator set that the model imports. */
  readonly version: number;
  /** How many items the inference assumes. */
  readonly items: number;

  constructor(node: GraphNode, inputs: readonly (Value | undefined)[], version: number, items: number) {
    this.node = node;
    this.inputs = inputs;
    this.version = version;
    this.items = items;
  }

  input(index: number): Value {
    const value = this.inputs[index];
    if (value === undefined) throw this.invalid(`input ${index} is missing`);
    return value;
  }

  /** The known contents of an integer input. */
  known(index: number, what: string): readonly bigint[] {
    const { integers } = this.input(index);
    if (integers === undefined) throw this.unbounded(`${what} is not a constant`);
    return integers;
  }

  integer(name: string, otherwise: number): number {
    const attribute = this.#attribute(name, "integer");
    if (attribute === undefined) return otherwise;
    const value = Number(attribute.value);
    if (!Number.isSafeInteger(value)) throw this.invalid(`attribute ${name} of ${attribute.value}`);
    return value;
  }

  integers(name: string): readonly bigint[] | undefined {
    return this.#attribute(name, "integers")?.value;
  }

  text(name: string, otherwise: string): string {
    return this.#attribute(name, "text")?.value ?? otherwise;
  }

  /** `axis` as 0…rank−1. */
  axis(axis: number | bigint, rank: number): number {
    const value = Number(axis);
    const normal = value < 0 ? value + rank : value;
    if (!Number.isInteger(normal) || normal < 0 || normal >= rank) throw this.invalid(`axis ${axis} of rank ${rank}`);
    return normal;
  }

  axes(axes: readonly bigint[], rank: number): Set<number> {
    const normal = new Set(axes.map((axis) => this.axis(axis, rank)));
    if (normal.size !== axes.length) throw this.invalid("an axis twice");
    return normal;
  }

  /** Nothing of `value` may come from an item, nor from how many there are. */
  constant(index: number, what: string): Value {
    const value = this.input(index);
    if (value.rows || value.countsItems) throw this.mixes(`${what} comes from the items`);
    return value;
  }

  invalid(reason: string): RefusedError {
    return new RefusedError({ kind: "invalid-graph", node: this.node.name, reason });
  }

  unbounded(reason: string): RefusedError {
    return new RefusedError({ kind: "unbounded", node: this.node.name, reason });
  }

  mixes(reason: string): RefusedError {
    return new RefusedError({ kind: "rows-mix", node: this.node.name, reason });
  }

  #attribute<Kind extends Attribute["kind"]>(name: string, kind: Kind): Extract<Attribute, { kind: Kind }> | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return undefined;
    if (attribute.kind !== kind) throw this.invalid(`attribute ${name} is ${attribute.kind}, expected ${kind}`);
    return attribute as Extract<Attribute, { kind: Kind }>;
  }
}
