import { computeModelId, decodeManifest, encodeManifest, type Manifest, manifestToJson } from "@lamina/codec";
import type { Digest } from "@lamina/primitives";
import { hex, seededBytes } from "./seeded.ts";
import { type Case, cutsOf, flipCases, refusedCase, type Spoilt, validCase } from "./vector.ts";

const embedding: Manifest = {
  name: "minilm-l6-v2",
  task: "embedding",
  licence: "Apache-2.0",
  source: "a sentence encoder of 22 million weights",
  files: [
    { path: "model.onnx", size: 90_000_000n, sha256: seededBytes(32, "onnx") as Digest },
    { path: "tokenizer/tokenizer.json", size: 466_247n, sha256: seededBytes(32, "tokenizer") as Digest },
  ],
  graph: "model.onnx",
  tokenizer: { kind: "huggingface-json", path: "tokenizer/tokenizer.json" },
  inputs: [
    { name: "input_ids", type: 7 },
    { name: "attention_mask", type: 7 },
    { name: "token_type_ids", type: 7 },
  ],
  outputs: [{ name: "sentence_embedding", type: 1 }],
  profiles: [16, 64, 256].map((tokens, at) => ({
    id: at + 1,
    unitsPerItem: BigInt(tokens / 16),
    inputs: [
      [1, tokens],
      [1, tokens],
      [1, tokens],
    ],
    outputs: [[1, 384]],
  })),
  padding: { mask: "attention_mask", pads: [0n, 0n, -1n] },
  labels: [],
  levels: [1, 2, 3],
};

const digits: Manifest = {
  name: "digits",
  task: "classification",
  licence: "Apache-2.0",
  source: "",
  files: [{ path: "digits.onnx", size: 2n ** 64n - 1n, sha256: seededBytes(32, "digits") as Digest }],
  graph: "digits.onnx",
  inputs: [{ name: "image", type: 1 }],
  outputs: [{ name: "scores", type: 1 }],
  profiles: [{ id: 1, unitsPerItem: 1n, inputs: [[1, 64]], outputs: [[1, 10]] }],
  labels: ["zero", "one", "zwölf", "🌊"],
  levels: [1],
};

/** The canonical bytes with one text replaced by another of its length, or one number at a place: rules are broken where the layout stays. */
function replace(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = hex(bytes);
  const [was, becomes] = [Buffer.from(from).toString("hex"), Buffer.from(to).toString("hex")];
  if (!text.includes(was) || was.length !== becomes.length) throw new Error(`cannot replace ${from}`);
  return Uint8Array.from(Buffer.from(text.replace(was, becomes), "hex"));
}

function put(bytes: Uint8Array, after: string, offset: number, ...values: number[]): Uint8Array {
  const at = Buffer.from(bytes).indexOf(after) + after.length + offset;
  if (at < after.length + offset) throw new Error(`no ${after}`);
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

function spoilings(): Spoilt[] {
  const [large, small] = [encodeManifest(embedding), encodeManifest(digits)];
  const end = small.length;
  const set = (at: number, value: number) => Uint8Array.from(small, (byte, index) => (index === at ? value : byte));
  return [
    ["another tag", replace(small, "lamina/manifest/1", "lamina/manifest/2")],
    ["a name in upper case", replace(small, "digits\u000eclass", "Digits\u000eclass")],
    ["a name that begins with a dash", replace(small, "digits\u000eclass", "-igits\u000eclass")],
    ["a task with a space", replace(small, "classification", "class fication")],
    ["a path upwards", replace(large, "tokenizer/tokenizer.json", "tokenizer/../izer/a.json")],
    ["a path from the root", replace(large, "tokenizer/tokenizer.json", "/okenizer/tokenizer.json")],
    ["an empty segment", replace(large, "tokenizer/tokenizer.json", "tokenizer//okenizer.json")],
    ["a path with a backslash", replace(large, "tokenizer/tokenizer.json", "tokenizer\\tokenizer.json")],
    ["files in falling order", replace(large, "model.onnx", "zodel.onnx")],
    ["a graph that is no file", replace(replace(small, "digits.onnx", "figits.onnx"), "digits.onnx", "digits.onnx")],
    ["two inputs of one name", replace(replace(large, "token_type_ids", "attention_mas0"), "attention_mas0", "attention_mask")],
    ["an element type of 8", put(small, "image", 0, 8)],
    ["profile id 2 first", put(small, "scores", 4, 2)],
    ["profile of no units", put(small, "scores", 12, 0)],
    ["rank 9", put(small, "scores", 13, 9)],
    ["a dimension of 0", put(small, "scores", 14, 0, 0, 0, 0)],
    ["a dimension of 2^31", put(small, "scores", 14, 0x80, 0, 0, 0)],
    ["a mask that is no input", replaceLast(large, "attention_mask", "attention_musk")],
    ["level 0", set(end - 3, 0)],
    ["level 5", set(end - 3, 5)],
    ["a section", set(end - 1, 1)],
    ["text that is not UTF-8", put(small, "Apache-2.", 0, 0xff)],
    ["tokenizer flag 2", put(small, "digits.onnx", 53, 2)],
    ...cutsOf(small),
  ];
}

function replaceLast(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const copy = bytes.slice();
  copy.set(Buffer.from(to), Buffer.from(bytes).lastIndexOf(from));
  return copy;
}

/** Manifests: bytes, model id, JSON form. */
export function manifestVectors(): Case[] {
  const decode = (bytes: Uint8Array) => ({ modelId: hex(computeModelId(bytes)), json: manifestToJson(decodeManifest(bytes)) });
  return [
    validCase("an embedding model", encodeManifest(embedding), {}, decode),
    validCase("a classifier", encodeManifest(digits), {}, decode),
    ...spoilings().map((each) => refusedCase(each, {}, decode)),
    ...flipCases(encodeManifest(digits), 60, "manifest", {}, decode),
  ];
}
