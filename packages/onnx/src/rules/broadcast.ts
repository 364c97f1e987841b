import type { NodeView } from "../node-view.ts";
import type { Value } from "../value.ts";

/**
 * Shape of an element-wise result, and whether it has rows. An operand with rows must have the result's rank, so that its axis 0 stays axis 0, and
 * others must not vary along that axis: then row i of the result is of item i alone. Source: ONNX multidirectional broadcasting.
 */
export function broadcast(node: NodeView, values: readonly Value[]): { dims: number[]; rows: boolean } {
  const dims = broadcastDims(
    node,
    values.map((value) => value.dims),
  );
  const rows = values.some((value) => value.rows);
  if (rows) for (const value of values) checkRows(node, value, dims.length);
  return { dims, rows };
}

function checkRows(node: NodeView, value: Value, rank: number): void {
  if (value.rows && value.dims.length !== rank)
    throw node.mixes(`items of an operand of rank ${value.dims.length} are not axis 0 of a result of rank ${rank}`);
  if (!value.rows && value.dims.length === rank && value.dims[0] !== 1) throw node.mixes("a constant differs from item to item");
}

export function broadcastDims(node: NodeView, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let dim = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1 || own === dim) continue;
      if (dim !== 1) throw node.invalid(`shapes ${shapes.map((each) => `[${each.join(", ")}]`).join(" and ")} do not go together`);
      dim = own;
    }
    return dim;
  });
}
