import { buildGraph, buildOnnx, buildTensor } from "./model-builder.ts";
import { bytesField, join, numberField, textField, varint } from "./protobuf-writer.ts";

/** 65 bytes that want 17 GB: a float tensor of 65,536 × 65,536 (T23). One output, `y`. */
export function memoryBomb(): Uint8Array {
  const shape = join(numberField(1, 2), numberField(2, 7), bytesField(7, join(varint(65_536), varint(65_536))), textField(8, "s"));
  return buildOnnx({
    name: "",
    nodes: [{ op: "ConstantOfShape", inputs: ["s"], outputs: ["y"] }],
    initialisers: [shape],
    outputs: [{ name: "y", type: 1, dims: [] }],
  });
}

/** Some 200 bytes that run until killed: a Loop without a trip count whose condition stays true (T23). One output, `y`. */
export function endlessLoop(): Uint8Array {
  const body = buildGraph({
    nodes: [
      { op: "Identity", inputs: ["c"], outputs: ["d"] },
      { op: "Identity", inputs: ["x"], outputs: ["z"] },
    ],
    inputs: [
      { name: "i", type: 7, dims: [] },
      { name: "c", type: 9, dims: [] },
      { name: "x", type: 1, dims: [1] },
    ],
    outputs: [
      { name: "d", type: 9, dims: [] },
      { name: "z", type: 1, dims: [1] },
    ],
  });
  return buildOnnx({
    nodes: [{ op: "Loop", inputs: ["", "t", "v"], outputs: ["y"], attributes: { body: { graph: body } } }],
    initialisers: [buildTensor("t", 9, [], Uint8Array.of(1))],
    inputs: [{ name: "v", type: 1, dims: [1] }],
    outputs: [{ name: "y", type: 1, dims: [1] }],
  });
}
