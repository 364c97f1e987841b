import { elementName } from "./element-type.ts";
import { type GraphCost, type Inferred, inferGraph } from "./infer-graph.ts";
import { DEFAULT_LIMITS, type ModelLimits } from "./limits.ts";
import type { GraphValue, OnnxModel } from "./model.ts";
import { readModel } from "./read-model.ts";
import { type Refusal, RefusedError } from "./refusal.ts";
import type { GateProfile, GateSignature } from "./signature.ts";
import { computed, type Value } from "./value.ts";

export interface ModelSummary {
  readonly irVersion: number;
  /** Imported operator sets by domain; "" is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** How often each operator occurs, as `MatMul` or `com.microsoft.QGemm`. */
  readonly operators: ReadonlyMap<string, number>;
  readonly initialiserBytes: number;
  /** Cost of one item at each profile. */
  readonly costs: ReadonlyMap<number, GraphCost>;
}

export type Inspection = { readonly kind: "accepted"; readonly summary: ModelSummary } | { readonly kind: "refused"; readonly refusal: Refusal };

/** One item, and enough more to see what depends on how many there are. */
const ITEM_COUNTS = [1, 2, 3];

/**
 * The gate that every model file passes before the runtime sees it (B4, T22–T24): reads it within limits, holds it against the list of operators
 * and against its manifest, infers every tensor at every profile, bounds memory and work, and makes sure that items of a batch do not influence
 * each other. Never throws for any bytes.
 */
export function inspectModel(bytes: Uint8Array, signature: GateSignature, limits: ModelLimits = DEFAULT_LIMITS): Inspection {
  try {
    const model = readModel(bytes, limits);
    checkNames("inputs", signature.inputs, model.inputs);
    checkNames("outputs", signature.outputs, model.outputs);
    const costs = new Map(signature.profiles.map((profile) => [profile.id, inferProfile(model, signature, profile, limits)]));
    return { kind: "accepted", summary: summarise(model, costs) };
  } catch (error) {
    if (error instanceof RefusedError) return { kind: "refused", refusal: error.refusal };
    throw error;
  }
}

function checkNames(what: "inputs" | "outputs", stated: GateSignature["inputs"], found: readonly GraphValue[]): void {
  const describe = (values: GateSignature["inputs"]) => values.map((value) => `${value.name}: ${elementName(value.type)}`).join(", ");
  if (describe(stated) !== describe(found)) throw mismatch(what, describe(stated), describe(found));
}

/** The cost of one item, having seen the graph at several numbers of items. */
function inferProfile(model: OnnxModel, signature: GateSignature, profile: GateProfile, limits: ModelLimits): GraphCost {
  const inferred = ITEM_COUNTS.map((items) => {
    const result = inferGraph(model, profileInputs(model, profile, items), items, limits);
    checkOutputs(signature, profile, items, result);
    return result;
  });
  const [one, ...others] = inferred as [Inferred, ...Inferred[]];
  for (const [at, other] of others.entries())
    for (const [name, value] of one.values) checkSameItem(name, value, other.values.get(name), ITEM_COUNTS[at + 1] ?? 0);
  return one.cost;
}

/** The graph's own dimensions must allow the profile's: a number is that number, a symbol one value everywhere, axis 0 a symbol. */
function profileInputs(model: OnnxModel, profile: GateProfile, items: number): Map<string, Value> {
  const symbols = new Map<string, number>();
  return new Map(
    model.inputs.map((input, index): [string, Value] => {
      const stated = profile.inputs[index] ?? [];
      const dims = stated.map((dim, axis) => (axis === 0 ? items : dim));
      const found = input.dims?.map((dim) => (typeof dim === "number" ? dim : (symbols.get(dim) ?? dim)));
      const fits =
        input.dims !== undefined &&
        stated.length === input.dims.length &&
        stated[0] === 1 &&
        input.dims.every((dim, axis) =>
          typeof dim === "number" ? axis > 0 && dim === dims[axis] : dim === "" || (symbols.get(dim) ?? dims[axis]) === dims[axis],
        );
      if (!fits) throw mismatch(`shape of ${input.name} at profile ${profile.id}`, `[${dims.join(", ")}]`, `[${found?.join(", ") ?? "none"}]`);
      input.dims?.forEach((dim, axis) => {
        if (typeof dim === "string" && dim !== "") symbols.set(dim, dims[axis] ?? 0);
      });
      return [input.name, computed(input.type, dims, true)];
    }),
  );
}

function checkOutputs(signature: GateSignature, profile: GateProfile, items: number, inferred: Inferred): void {
  signature.outputs.forEach((output, index) => {
    const value = inferred.values.get(output.name);
    const dims = (profile.outputs[index] ?? []).map((dim, axis) => (axis === 0 ? items : dim));
    const what = `output ${output.name} at profile ${profile.id}`;
    if (value === undefined) throw mismatch(what, "a tensor", "nothing");
    if (!value.rows) throw mismatch(what, "a row for each item", "a constant");
    const same = value.dims.length === dims.length && value.dims.every((dim, axis) => dim === dims[axis]);
    if (!same || value.type !== output.type) {
      throw mismatch(what, `${elementName(output.type)} [${dims.join(", ")}]`, `${elementName(value.type)} [${value.dims.join(", ")}]`);
    }
  });
}

/** With more items a tensor has more rows and is otherwise the same, contents included where they are known. */
function checkSameItem(name: string, one: Value, more: Value | undefined, items: number): void {
  const dims = one.rows ? [items, ...one.dims.slice(1)] : one.dims;
  const sameDims =
    more !== undefined && more.rows === one.rows && more.dims.length === dims.length && more.dims.every((dim, axis) => dim === dims[axis]);
  const sameContents = one.countsItems || one.integers?.join() === more?.integers?.join();
  if (!sameDims || !sameContents)
    throw new RefusedError({ kind: "rows-mix", node: name, reason: "a tensor depends on the number of items elsewhere than on axis 0" });
}

function summarise(model: OnnxModel, costs: ReadonlyMap<number, GraphCost>): ModelSummary {
  const operators = new Map<string, number>();
  for (const { domain, operator } of model.nodes) {
    const name = domain === "" ? operator : `${domain}.${operator}`;
    operators.set(name, (operators.get(name) ?? 0) + 1);
  }
  const { irVersion, opsets, inputs, outputs } = model;
  const initialiserBytes = [...model.initialisers.values()].reduce((sum, tensor) => sum + tensor.data.length, 0);
  return { irVersion, opsets, inputs, outputs, operators, initialiserBytes, costs };
}

function mismatch(what: string, expected: string, found: string): RefusedError {
  return new RefusedError({ kind: "mismatch", what, expected, found });
}
