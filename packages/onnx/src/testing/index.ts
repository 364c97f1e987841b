export { endlessLoop, memoryBomb } from "./hostile-models.ts";
export type { AttributeValue, GraphSpec, ModelSpec, NodeSpec, ValueSpec } from "./model-builder.ts";
export { buildGraph, buildOnnx, buildTensor, buildValue, floatTensor, int64Tensor } from "./model-builder.ts";
export type { Draws } from "./mutate.ts";
export { mutate } from "./mutate.ts";
export { bytesField, floatField, join, numberField, textField, varint } from "./protobuf-writer.ts";
