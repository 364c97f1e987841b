import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { inspectModel } from "./inspect-model.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Refusal } from "./refusal.ts";
import type { GateSignature } from "./signature.ts";
import { endlessLoop, memoryBomb } from "./testing/hostile-models.ts";
import { buildOnnx, buildTensor, floatTensor, int64Tensor, type ModelSpec, type NodeSpec } from "./testing/model-builder.ts";
import { bytesField, join, numberField, textField } from "./testing/protobuf-writer.ts";

const FLOAT = 1;
const INT64 = 7;

/** x: float [batch, 4] · w: [4, 3] gives y: [batch, 3]. */
function linear(nodes: readonly NodeSpec[] = [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }], spec: Partial<ModelSpec> = {}): ModelSpec {
  return {
    nodes,
    initialisers: [
      floatTensor(
        "w",
        Array.from({ length: 12 }, (_, at) => at),
        [4, 3],
      ),
    ],
    inputs: [{ name: "x", type: FLOAT, dims: ["batch", 4] }],
    outputs: [{ name: "y", type: FLOAT, dims: ["batch", 3] }],
    ...spec,
  };
}

function signature(outputs: readonly number[] = [1, 3], inputs: readonly number[] = [1, 4], outputType = FLOAT): GateSignature {
  return {
    inputs: [{ name: "x", type: FLOAT }],
    outputs: [{ name: "y", type: outputType }],
    profiles: [{ id: 1, inputs: [inputs], outputs: [outputs] }],
  };
}

function refusal(bytes: Uint8Array, stated: GateSignature = signature(), limits = DEFAULT_LIMITS): Refusal | undefined {
  const inspection = inspectModel(bytes, stated, limits);
  return inspection.kind === "refused" ? inspection.refusal : undefined;
}

const committed = (name: string) => readFileSync(fileURLToPath(new URL(`../../models/catalog/${name}/model.onnx`, import.meta.url)));
const features = (wide: number, classes: number): GateSignature => ({
  inputs: [{ name: "features", type: FLOAT }],
  outputs: [
    { name: "scores", type: FLOAT },
    { name: "label", type: INT64 },
  ],
  profiles: [
    {
      id: 1,
      inputs: [[1, wide]],
      outputs: [
        [1, classes],
        [1, 1],
      ],
    },
  ],
});

describe("what passes", () => {
  test("a product, with its cost", () => {
    const inspection = inspectModel(buildOnnx(linear()), signature());
    expect(inspection).toMatchObject({ kind: "accepted", summary: { initialiserBytes: 48, operators: new Map([["MatMul", 1]]) } });
    if (inspection.kind === "accepted") expect(inspection.summary.costs.get(1)).toEqual({ macs: 12, elements: 3, peakBytes: 12 });
  });

  test.each([
    ["breast-cancer", 30, 2, 514],
    ["digits", 64, 10, 3_562],
  ] as const)("%s", (name, wide, classes, macs) => {
    const inspection = inspectModel(committed(name), features(wide, classes));
    expect(inspection.kind).toBe("accepted");
    if (inspection.kind === "accepted") expect(inspection.summary.costs.get(1)?.macs).toBe(macs);
  });

  test("shape arithmetic that keeps items first", () => {
    const nodes: NodeSpec[] = [
      { op: "Shape", inputs: ["x"], outputs: ["s"] },
      { op: "Gather", inputs: ["s", "first"], outputs: ["n"] },
      { op: "Concat", inputs: ["n", "rest"], outputs: ["t"], attributes: { axis: 0 } },
      { op: "Reshape", inputs: ["x", "t"], outputs: ["r"] },
      { op: "ReduceSum", inputs: ["r", "last"], outputs: ["y"], attributes: { keepdims: 0 } },
    ];
    const initialisers = [int64Tensor("first", [0]), int64Tensor("rest", [2, 2]), int64Tensor("last", [-1])];
    expect(refusal(buildOnnx(linear(nodes, { initialisers })), signature([1, 2]))).toBeUndefined();
  });
});

describe("files that are refused wherever they come from (T22–T24)", () => {
  const external = (location: string) =>
    buildTensor(
      "w",
      FLOAT,
      [4, 3],
      new Uint8Array(48),
      join(bytesField(13, join(textField(1, "location"), textField(2, location))), numberField(14, 1)),
    );
  test.each(["../secret", "/etc/passwd", "link-to-elsewhere", "./model.bin", ""])("external data at %j", (location) => {
    expect(refusal(buildOnnx(linear(undefined, { initialisers: [external(location)] })))).toEqual({ kind: "forbidden", what: "external data" });
  });

  test("external data by its flag alone, without a location", () => {
    const tensor = buildTensor("w", FLOAT, [4, 3], new Uint8Array(48), numberField(14, 1));
    expect(refusal(buildOnnx(linear(undefined, { initialisers: [tensor] })))).toEqual({ kind: "forbidden", what: "external data" });
  });

  test("65 bytes that want 17 GB", () => {
    expect(memoryBomb().length).toBe(65);
    const stated = { inputs: [], outputs: [{ name: "y", type: FLOAT }], profiles: [{ id: 1, inputs: [], outputs: [[1, 1]] }] };
    expect(refusal(memoryBomb(), stated)).toEqual({ kind: "over-limit", what: "bytes of y", max: 2 ** 28, found: 2 ** 34 });
  });

  test("a loop without end", () => {
    expect(endlessLoop().length).toBeLessThanOrEqual(228);
    const stated = {
      inputs: [{ name: "v", type: FLOAT }],
      outputs: [{ name: "y", type: FLOAT }],
      profiles: [{ id: 1, inputs: [[1]], outputs: [[1]] }],
    };
    expect(refusal(endlessLoop(), stated)).toEqual({ kind: "forbidden", what: "a subgraph" });
  });

  test("subgraphs, functions, sparse tensors, training, other domains and versions", () => {
    expect(refusal(buildOnnx(linear(undefined, { modelExtra: bytesField(25, join()) })))).toEqual({ kind: "forbidden", what: "a local function" });
    expect(refusal(buildOnnx(linear(undefined, { modelExtra: bytesField(20, join()) })))).toEqual({
      kind: "forbidden",
      what: "training information",
    });
    expect(refusal(buildOnnx(linear(undefined, { extra: bytesField(15, join()) })))).toEqual({ kind: "forbidden", what: "a sparse initialiser" });
    const nodes = [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"], domain: "com.evil" }];
    expect(
      refusal(
        buildOnnx(
          linear(nodes, {
            opsets: [
              ["", 17],
              ["com.evil", 1],
            ],
          }),
        ),
      ),
    ).toMatchObject({ kind: "unknown-operator", domain: "com.evil" });
    expect(refusal(buildOnnx(linear(undefined, { opsets: [["", 12]] })))).toMatchObject({ kind: "unknown-operator", version: 12 });
    expect(refusal(buildOnnx(linear(undefined, { opsets: [["", 21]] })))).toMatchObject({ kind: "unknown-operator", version: 21 });
    for (const op of ["Loop", "If", "Scan", "NonZero", "DynamicQuantizeLinear", "MatMulNBits"]) {
      expect(refusal(buildOnnx(linear([{ op, inputs: ["x"], outputs: ["y"] }])))).toMatchObject({ kind: "unknown-operator", operator: op });
    }
  });

  test("a second graph, which a protobuf parser would merge into the first", () => {
    const twice = join(buildOnnx(linear()), bytesField(7, join()));
    expect(refusal(twice)).toMatchObject({ kind: "malformed", reason: "field 7 of a model twice" });
  });

  test("fields that the format does not have, groups, and unknown nesting are not descended into", () => {
    let deep: Uint8Array = join();
    for (let level = 0; level < 10_000; level++) deep = bytesField(7, deep.length > 5_000 ? deep.subarray(0, 5_000) : deep);
    expect(refusal(deep)).toMatchObject({ kind: "malformed" });
    expect(refusal(join(buildOnnx(linear()), Uint8Array.of(0x93, 0x03)))).toMatchObject({ kind: "malformed", reason: "wire type 3" });
    expect(refusal(buildOnnx(linear(undefined, { modelExtra: numberField(99, 1) })))).toMatchObject({
      kind: "malformed",
      reason: "a model has no field 99",
    });
  });

  test("every cut of a valid file", () => {
    const whole = buildOnnx(linear());
    for (let length = 0; length < whole.length; length++) expect(inspectModel(whole.subarray(0, length), signature()).kind).toBe("refused");
  });

  test("data that is not what the shape says, and shapes beyond all limits", () => {
    const tensors = [
      buildTensor("w", FLOAT, [4, 3], new Uint8Array(47)),
      buildTensor("w", FLOAT, [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], new Uint8Array(48)),
      buildTensor("w", 8, [4, 3], new Uint8Array(48)),
      buildTensor("w", FLOAT, [1, 1, 1, 1, 1, 1, 1, 4, 3], new Uint8Array(48)),
      buildTensor("w", FLOAT, [-4, -3], new Uint8Array(48)),
    ];
    for (const tensor of tensors)
      expect(["malformed", "over-limit", "forbidden"]).toContain(refusal(buildOnnx(linear(undefined, { initialisers: [tensor] })))?.kind);
  });

  test("more nodes, bytes or work than the limits allow", () => {
    const bytes = buildOnnx(linear());
    expect(refusal(bytes, signature(), { ...DEFAULT_LIMITS, fileBytesMax: 10 })).toMatchObject({ kind: "over-limit", what: "bytes of the file" });
    expect(refusal(bytes, signature(), { ...DEFAULT_LIMITS, nodesMax: 0 })).toMatchObject({ kind: "over-limit", what: "nodes" });
    expect(refusal(bytes, signature(), { ...DEFAULT_LIMITS, macsMax: 11 })).toMatchObject({ kind: "over-limit", what: "multiply-adds", found: 12 });
    expect(refusal(bytes, signature(), { ...DEFAULT_LIMITS, peakBytesMax: 11 })).toMatchObject({
      kind: "over-limit",
      what: "bytes of tensors at once",
    });
  });
});

describe("graphs that contradict themselves or the manifest", () => {
  test("names: read before they are written, written twice, not the manifest's", () => {
    expect(refusal(buildOnnx(linear([{ op: "MatMul", inputs: ["x", "later"], outputs: ["y"] }])))).toMatchObject({ kind: "invalid-graph" });
    const twice = ["MatMul", "MatMul"].map((op) => ({ op, inputs: ["x", "w"], outputs: ["y"] }));
    expect(refusal(buildOnnx(linear(twice)))).toMatchObject({ kind: "invalid-graph", reason: "y is defined twice" });
    expect(refusal(buildOnnx(linear()), { ...signature(), inputs: [{ name: "z", type: FLOAT }] })).toMatchObject({
      kind: "mismatch",
      what: "inputs",
    });
    expect(refusal(buildOnnx(linear()), signature([1, 3], [1, 4], INT64))).toMatchObject({ kind: "mismatch", what: "outputs" });
  });

  test("shapes: other than the profile's, a batch axis that is fixed", () => {
    expect(refusal(buildOnnx(linear()), signature([1, 2]))).toMatchObject({ kind: "mismatch", what: "output y at profile 1" });
    expect(refusal(buildOnnx(linear()), signature([1, 3], [1, 5]))).toMatchObject({ kind: "mismatch", what: "shape of x at profile 1" });
    const fixed = linear(undefined, { inputs: [{ name: "x", type: FLOAT, dims: [1, 4] }] });
    expect(refusal(buildOnnx(fixed))).toMatchObject({ kind: "mismatch", what: "shape of x at profile 1" });
  });

  test("a shape that only the data tells", () => {
    const nodes = [
      { op: "Cast", inputs: ["x"], outputs: ["s"], attributes: { to: INT64 } },
      { op: "ConstantOfShape", inputs: ["s"], outputs: ["y"] },
    ];
    expect(refusal(buildOnnx(linear(nodes)))).toMatchObject({ kind: "unbounded", reason: "the shape is not a constant" });
  });
});

/** Each of these lets one item of a batch see another, or see how many there are. */
describe("items that would influence each other", () => {
  const square = { inputs: [{ name: "x", type: FLOAT, dims: ["batch", 4] }], outputs: [{ name: "y", type: FLOAT, dims: ["batch", 4] }] };
  const mixing: [string, NodeSpec[], Uint8Array[]][] = [
    [
      "a mean over the items",
      [
        { op: "ReduceMean", inputs: ["x"], outputs: ["m"], attributes: { axes: [0] } },
        { op: "Sub", inputs: ["x", "m"], outputs: ["y"] },
      ],
      [],
    ],
    [
      "a sum over all axes",
      [
        { op: "ReduceSum", inputs: ["x"], outputs: ["m"] },
        { op: "Sub", inputs: ["x", "m"], outputs: ["y"] },
      ],
      [],
    ],
    ["softmax over the items", [{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: { axis: 0 } }], []],
    [
      "the transpose as left operand",
      [
        { op: "Transpose", inputs: ["x"], outputs: ["t"] },
        { op: "MatMul", inputs: ["t", "x"], outputs: ["y"] },
      ],
      [],
    ],
    ["items as right operand", [{ op: "MatMul", inputs: ["w", "x"], outputs: ["y"] }], [floatTensor("w", [1, 2, 3, 4], [4, 1])]],
    [
      "Gemm that transposes the items",
      [{ op: "Gemm", inputs: ["x", "w"], outputs: ["y"], attributes: { transA: 1 } }],
      [floatTensor("w", [1, 2, 3, 4], [1, 4])],
    ],
    [
      "the first item taken for all",
      [
        { op: "Slice", inputs: ["x", "0", "1", "0"], outputs: ["f"] },
        { op: "Sub", inputs: ["x", "f"], outputs: ["y"] },
      ],
      [int64Tensor("0", [0]), int64Tensor("1", [1])],
    ],
    [
      "an item chosen by index",
      [
        { op: "Gather", inputs: ["x", "0"], outputs: ["f"] },
        { op: "Sub", inputs: ["x", "f"], outputs: ["y"] },
      ],
      [int64Tensor("0", [0])],
    ],
    [
      "items joined in one row",
      [
        { op: "Reshape", inputs: ["x", "s"], outputs: ["f"] },
        { op: "Softmax", inputs: ["f"], outputs: ["g"] },
        { op: "Reshape", inputs: ["g", "t"], outputs: ["y"] },
      ],
      [int64Tensor("s", [1, -1]), int64Tensor("t", [-1, 4])],
    ],
    [
      "items moved to another axis by broadcasting",
      [
        { op: "Unsqueeze", inputs: ["x", "1"], outputs: ["u"] },
        { op: "Add", inputs: ["u", "x"], outputs: ["v"] },
        { op: "ReduceMax", inputs: ["v"], outputs: ["y"], attributes: { axes: [1], keepdims: 0 } },
      ],
      [int64Tensor("1", [1])],
    ],
    [
      "a constant that differs from item to item",
      [{ op: "Add", inputs: ["x", "w"], outputs: ["y"] }],
      [
        floatTensor(
          "w",
          Array.from({ length: 8 }, () => 1),
          [2, 4],
        ),
      ],
    ],
    [
      "the number of items as a number",
      [
        { op: "Shape", inputs: ["x"], outputs: ["s"] },
        { op: "Cast", inputs: ["s"], outputs: ["f"], attributes: { to: FLOAT } },
        { op: "Mul", inputs: ["x", "f"], outputs: ["y"] },
      ],
      [],
    ],
    [
      "the number of items as a width",
      [
        { op: "Shape", inputs: ["x"], outputs: ["n"], attributes: { start: 0, end: 1 } },
        { op: "Concat", inputs: ["n", "n"], outputs: ["s"], attributes: { axis: 0 } },
        { op: "ConstantOfShape", inputs: ["s"], outputs: ["c"] },
        { op: "ReduceSum", inputs: ["c", "1"], outputs: ["k"] },
        { op: "Add", inputs: ["x", "k"], outputs: ["y"] },
      ],
      [int64Tensor("1", [1])],
    ],
    [
      "a table cut to the number of items",
      [
        { op: "Shape", inputs: ["x"], outputs: ["n"], attributes: { start: 0, end: 1 } },
        { op: "Slice", inputs: ["w", "0", "n", "0"], outputs: ["c"] },
        { op: "Add", inputs: ["x", "c"], outputs: ["y"] },
      ],
      [
        int64Tensor("0", [0]),
        floatTensor(
          "w",
          Array.from({ length: 40 }, () => 1),
          [10, 4],
        ),
      ],
    ],
    [
      "moments of the batch",
      [{ op: "BatchNormalization", inputs: ["x", "w", "w", "w", "w"], outputs: ["y"], attributes: { training_mode: 1 } }],
      [floatTensor("w", [1, 1, 1, 1])],
    ],
  ];
  test.each(mixing)("%s", (_, nodes, initialisers) => {
    expect(refusal(buildOnnx({ nodes, initialisers, ...square }), signature([1, 4]))?.kind).toBe("rows-mix");
  });
});
