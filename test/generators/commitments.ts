import {
  type Direction,
  decodeTensorsFile,
  elementBytes,
  encodeTensorsFile,
  type Item,
  itemCommitments,
  itemsCommitment,
  leafSalt,
  saltSeed,
  type Tensor,
  tensorCommitment,
  tensorLeafCount,
} from "@lamina/codec";
import { ByteWriter } from "@lamina/primitives";
import { tensorFields } from "./fields.ts";
import { hex, seededBytes } from "./seeded.ts";
import { type Case, cutsOf, flipCases, refusedCase, type Spoilt, unencodableCase, validCase } from "./vector.ts";

function tensor(type: number, dims: number[], seed: string): Tensor {
  const length = dims.reduce((product, dim) => product * dim, elementBytes(type) ?? 1);
  const data = seededBytes(length, "tensor", seed);
  return { type: type as Tensor["type"], dims, data: type === 9 ? data.map((byte) => byte & 1) : data };
}

/** Shapes around every edge of the leaf rule: rank 0, rows shorter than, equal to and longer than a leaf, many rows. */
function tensors(): Tensor[] {
  const shapes: [number, number[]][] = [
    [1, []],
    [7, [1]],
    [1, [1, 256]],
    [1, [1, 257]],
    [1, [1, 255]],
    [7, [1, 16]],
    [1, [1, 1000]],
    [2, [1, 1024]],
    [2, [1, 1025]],
    [2, [1, 2048]],
    [3, [3, 5]],
    [1, [2, 3, 384]],
    [9, [1, 10]],
    [10, [1, 7]],
    [11, [1, 130]],
    [12, [4]],
    [13, [2, 2]],
    [4, [5]],
    [5, [5]],
    [6, [5]],
    [1, [1, 1, 1, 1, 1, 1, 1, 2]],
    [1, [64, 1]],
  ];
  return shapes.map(([type, dims]) => tensor(type, dims, `${type}/${dims.join("x")}`));
}

/** Commitments of single tensors: of a model (no salt) and of a job. */
export function tensorVectors(): Case[] {
  const seed = seededBytes(32, "seed");
  const valid = tensors().flatMap((each): Case[] => {
    const name = `type ${each.type}, dims [${each.dims.join(", ")}]`;
    const leaves = `${tensorLeafCount(each)}`;
    const salted = tensorCommitment(each, (leaf) => leafSalt(seed, 3, 1, leaf));
    return [
      { name, input: tensorFields(each), expected: { leaves, commitment: hex(tensorCommitment(each)) } },
      {
        name: `${name}, salted`,
        input: { ...tensorFields(each), seed: hex(seed), item: "3", tensor: "1" },
        expected: { leaves, commitment: hex(salted) },
      },
    ];
  });
  const good = tensor(1, [2, 3], "spoil");
  const spoilt: [string, Tensor][] = [
    ["a byte missing", { ...good, data: good.data.subarray(1) }],
    ["a byte more", { ...good, data: Uint8Array.of(...good.data, 0) }],
    ["dimension 0", { ...good, dims: [2, 0], data: new Uint8Array() }],
    ["dimension 2^31", { ...good, dims: [2 ** 31] }],
    ["rank 9", { ...good, dims: [1, 1, 1, 1, 1, 1, 1, 2, 3] }],
    ["type 8, a string", { ...good, type: 8 as Tensor["type"] }],
    ["type 0", { ...good, type: 0 as Tensor["type"] }],
    ["type 14", { ...good, type: 14 as Tensor["type"] }],
    ["a bool of 2", { type: 9, dims: [3], data: Uint8Array.of(0, 1, 2) }],
  ];
  return [...valid, ...spoilt.map(([name, each]) => unencodableCase(name, tensorFields(each), () => tensorCommitment(each)))];
}

/** Salts of leaves. */
export function saltVectors(): Case[] {
  const salt = seededBytes(32, "client salt");
  const places: [number, number, number][] = [
    [0, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
    [65_534, 31, 4_000_000_000],
  ];
  return (["input", "output"] as Direction[]).flatMap((direction) =>
    places.map(([item, position, leaf]) => ({
      name: `${direction}, item ${item}, tensor ${position}, leaf ${leaf}`,
      input: { salt: hex(salt), direction, item: `${item}`, tensor: `${position}`, leaf: `${leaf}` },
      expected: { seed: hex(saltSeed(salt, direction)), salt: hex(leafSalt(saltSeed(salt, direction), item, position, leaf)) },
    })),
  );
}

function items(count: number, perItem: number): Item[] {
  return Array.from({ length: count }, (_, at) => Array.from({ length: perItem }, (_, position) => tensor(7, [1, 8], `${at}/${position}`)));
}

/** Commitments over all items of a job; the same items under another salt are unlinkable (T14). */
export function itemsVectors(): Case[] {
  const shapes: [number, number][] = [
    [1, 1],
    [1, 3],
    [2, 2],
    [3, 1],
    [7, 2],
  ];
  const valid = shapes.flatMap(([count, perItem]) =>
    (["input", "output"] as Direction[]).flatMap((direction) =>
      ["one", "two"].map((name): Case => {
        const salt = seededBytes(32, "salt", name);
        const list = items(count, perItem);
        return {
          name: `${count} items of ${perItem} tensors, ${direction}, salt ${name}`,
          input: { direction, salt: hex(salt), items: list.map((item) => item.map(tensorFields)) },
          expected: {
            tensors: itemCommitments(list, direction, salt).map((item) => item.map(hex)),
            commitment: hex(itemsCommitment(list, direction, salt)),
          },
        };
      }),
    ),
  );
  const salt = seededBytes(32, "salt");
  const uneven = [...items(1, 2), ...items(1, 1)];
  const spoilt: [string, Item[]][] = [
    ["no items", []],
    ["items without tensors", [[], []]],
    ["items of unequal length", uneven],
  ];
  const describe = (list: Item[]) => ({ direction: "input", salt: hex(salt), items: list.map((item) => item.map(tensorFields)) });
  return [...valid, ...spoilt.map(([name, list]) => unencodableCase(name, describe(list), () => itemsCommitment(list, "input", salt)))];
}

/** Files of tensors. */
export function tensorsFileVectors(): Case[] {
  const decode = (bytes: Uint8Array) => decodeTensorsFile(bytes).map((item) => item.map(tensorFields));
  const file = encodeTensorsFile(items(2, 2));
  const bool = encodeTensorsFile([[{ type: 9, dims: [2], data: Uint8Array.of(0, 1) }]]);
  const header = (count: number, perItem: number) => new ByteWriter().fixed(file.subarray(0, 8)).u32(count).u16(perItem).finish();
  const spoilt: Spoilt[] = [
    ...cutsOf(file),
    ["another magic", Uint8Array.of(...file.subarray(0, 7), 50, ...file.subarray(8))],
    ["a bool of 3", Uint8Array.of(...bool.subarray(0, -1), 3)],
    ["2^32-1 items of no tensors", header(0xffffffff, 0)],
    ["2^32-1 items", header(0xffffffff, 1)],
    ["data of 2^32-1 bytes", Uint8Array.of(...header(1, 1), 2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
  ];
  return [
    validCase("two items of two tensors", file, {}, decode),
    validCase("no items", header(0, 0), {}, decode),
    validCase("bools", bool, {}, decode),
    ...spoilt.map((each) => refusedCase(each, {}, decode)),
    ...flipCases(file, 30, "tensors file", {}, decode),
  ];
}
