import { ElementType, type Manifest } from "@lamina/codec";
import { digest } from "@lamina/primitives";
import { expect, test } from "vitest";
import { itemsOfTensors } from "./request-items.ts";
import { outputTensors, toJsonTensor } from "./response-tensors.ts";

const padded: Manifest = {
  name: "m",
  task: "embedding",
  licence: "Apache-2.0",
  source: "",
  files: [{ path: "model.onnx", size: 1n, sha256: digest(new Uint8Array(32)) }],
  graph: "model.onnx",
  inputs: [
    { name: "ids", type: ElementType.int64 },
    { name: "mask", type: ElementType.int64 },
  ],
  outputs: [{ name: "out", type: ElementType.int64 }],
  profiles: [
    {
      id: 1,
      unitsPerItem: 4n,
      inputs: [
        [1, 4],
        [1, 4],
      ],
      outputs: [[1, 2]],
    },
    {
      id: 2,
      unitsPerItem: 8n,
      inputs: [
        [1, 8],
        [1, 8],
      ],
      outputs: [[1, 2]],
    },
  ],
  padding: { mask: "mask", pads: [9n, 0n] },
  labels: [],
  levels: [1],
};

const ids = (shape: number[], data: number[]) => ({ name: "ids", shape, datatype: "INT64", data });
const mask = (shape: number[], data: number[]) => ({ name: "mask", shape, datatype: "INT64", data });
const numbers = (data: Uint8Array | undefined) => [...new BigInt64Array((data ?? new Uint8Array()).slice().buffer)].map(Number);

test("items are cut along axis 0 and filled up with the manifest's pads", () => {
  const { profile, items } = itemsOfTensors(padded, [mask([2, 3], [1, 1, 1, 1, 1, 0]), ids([2, 3], [1, 2, 3, 4, 5, 6])], 8);
  expect(profile.id).toBe(1);
  expect(items.map((item) => item.map(({ data }) => numbers(data)))).toEqual([
    [
      [1, 2, 3, 9],
      [1, 1, 1, 0],
    ],
    [
      [4, 5, 6, 9],
      [1, 1, 0, 0],
    ],
  ]);
});

test("elements may be flat or nested by axis", () => {
  const nested = itemsOfTensors(
    padded,
    [
      {
        ...ids([2, 2], []),
        data: [
          [1, 2],
          [3, 4],
        ],
      },
      mask([2, 2], [1, 1, 1, 1]),
    ],
    8,
  );
  expect(nested).toEqual(itemsOfTensors(padded, [ids([2, 2], [1, 2, 3, 4]), mask([2, 2], [1, 1, 1, 1])], 8));
});

test("the smallest profile that holds the input is taken", () => {
  const long = Array.from({ length: 5 }, () => 1);
  expect(itemsOfTensors(padded, [ids([1, 5], long), mask([1, 5], long)], 8).profile.id).toBe(2);
  expect(itemsOfTensors(padded, [ids([1, 4], [1, 1, 1, 1]), mask([1, 4], [1, 1, 1, 1])], 8).profile.id).toBe(1);
});

test.each([
  ["too long", [ids([1, 9], Array(9).fill(1)), mask([1, 9], Array(9).fill(1))], '"ids": expected shape [n, 1..8], found [1, 9]'],
  ["items that do not agree", [ids([2, 1], [1, 1]), mask([1, 1], [1])], '"mask": axis 0 counts the items: expected 2, found 1'],
  ["too many items", [ids([9, 1], Array(9).fill(1)), mask([9, 1], Array(9).fill(1))], '"ids": expected at most 8 items, found 9'],
  ["a fraction", [ids([1, 1], [0.5]), mask([1, 1], [1])], '"ids": expected integers'],
  ["an integer that JSON cannot hold", [ids([1, 1], [2 ** 53]), mask([1, 1], [1])], '"ids": expected integers'],
  ["one input twice", [ids([1, 1], [1]), ids([1, 1], [1]), mask([1, 1], [1])], '"ids": this input is given twice'],
  ["no rank", [ids([], [1]), mask([1, 1], [1])], '"ids": the input is empty'],
])("%s", (_name, tensors, message) => {
  expect(() => itemsOfTensors(padded, tensors, 8)).toThrow(message);
});

test("outputs are joined along axis 0; an integer beyond 2^53 keeps all its digits", () => {
  const item = (...values: bigint[]) => [{ type: ElementType.int64, dims: [1, 2], data: new Uint8Array(BigInt64Array.from(values).buffer) }];
  const [output] = outputTensors(padded, [item(1n, 2n), item(3n, -4n)]);
  if (output === undefined) throw new Error("one output");
  expect(toJsonTensor(output)).toEqual({ name: "out", datatype: "INT64", shape: [2, 2], data: [1, 2, 3, -4] });
  const [large] = outputTensors(padded, [item(2n ** 60n, 0n)]);
  expect(JSON.stringify(large && toJsonTensor(large))).toContain('"data":[1152921504606846976,0]');
});
