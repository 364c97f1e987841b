import { readFileSync } from "node:fs";

/** A model under load: the same tensors to every server. */
export interface Subject {
  readonly model: string;
  readonly body: string;
}

const DIGIT = Array.from({ length: 64 }, (_, index) => (index * 7) % 17);
const TOKENS = 14;
const PROFILE = 16;

export const SUBJECTS: readonly Subject[] = [
  { model: "digits", body: JSON.stringify({ inputs: [{ name: "features", shape: [1, 64], datatype: "FP32", data: DIGIT }] }) },
  { model: "minilm-l6-v2", body: JSON.stringify({ inputs: miniLmInputs() }) },
];

/** One text of 14 tokens at the profile of 16, padded: tensors, so that no tokenizer is measured. */
function miniLmInputs() {
  const manifest = JSON.parse(readFileSync(new URL("../../packages/models/catalog/minilm-l6-v2/manifest.json", import.meta.url), "utf8")) as {
    inputs: readonly { name: string }[];
    padding: { mask: string };
  };
  const ids = Array.from({ length: PROFILE }, (_, index) => (index === 0 ? 101 : index === TOKENS - 1 ? 102 : index < TOKENS ? 2_000 + index : 0));
  const mask = ids.map((_, index) => (index < TOKENS ? 1 : 0));
  const zeros = ids.map(() => 0);
  return manifest.inputs.map(({ name }) => {
    const data = name === manifest.padding.mask ? mask : /type/.test(name) ? zeros : ids;
    return { name, shape: [1, PROFILE], datatype: "INT64", data };
  });
}
