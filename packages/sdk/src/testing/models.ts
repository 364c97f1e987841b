import { ElementType, encodeManifest, type Item, type Manifest, type Tensor } from "@lamina/codec";
import { digest } from "@lamina/primitives";

const common = {
  licence: "Apache-2.0",
  source: "a test",
  files: [{ path: "model.onnx", size: 1n, sha256: digest(new Uint8Array(32)) }],
  graph: "model.onnx",
  labels: [],
  levels: [1],
};

/** One input of four floats, one output of two, nothing padded. */
export const plainManifest: Manifest = {
  ...common,
  name: "plain",
  task: "classification",
  inputs: [{ name: "features", type: ElementType.float32 }],
  outputs: [{ name: "scores", type: ElementType.float32 }],
  profiles: [{ id: 1, unitsPerItem: 2n, inputs: [[1, 4]], outputs: [[1, 2]] }],
};

/** Ids with a mask, padded to 4 or 8; the pad id is -1. */
export const paddedManifest: Manifest = {
  ...common,
  name: "padded",
  task: "embedding",
  inputs: [
    { name: "ids", type: ElementType.int64 },
    { name: "mask", type: ElementType.int64 },
  ],
  outputs: [{ name: "embedding", type: ElementType.float32 }],
  profiles: [4, 8].map((length, at) => ({
    id: at + 1,
    unitsPerItem: BigInt(length),
    inputs: [
      [1, length],
      [1, length],
    ],
    outputs: [[1, 2]],
  })),
  padding: { mask: "mask", pads: [-1n, 0n] },
};

export const manifestBytes: readonly Uint8Array[] = [plainManifest, paddedManifest].map(encodeManifest);

/** Two floats that depend on every byte of the item; the second is a zero with a sign, which careless JSON loses. */
export function runModel(item: Item): Item {
  const sum = item.reduce((all, { data }) => data.reduce((total, byte) => (total * 31 + byte) % 1_009, all), 7);
  const data = new Uint8Array(8);
  new DataView(data.buffer).setFloat32(0, sum / 1_009, true);
  new DataView(data.buffer).setFloat32(4, -0, true);
  return [{ type: ElementType.float32, dims: [1, 2], data } satisfies Tensor];
}
