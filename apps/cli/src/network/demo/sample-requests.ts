import type { ModelName } from "@lamina/models";
import { isRecord } from "../../state/json-file.ts";

/** One real request to a model, and how its answer is shown in a few words. */
export interface SampleRequest {
  readonly model: ModelName;
  readonly path: string;
  readonly body: unknown;
  readonly show: (answer: Record<string, unknown>, labels: readonly string[]) => string;
}

/** The first image of scikit-learn's digits (8 × 8, 0 to 16): a zero. */
const DIGIT = [
  0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8, 8, 0, 0, 5, 8, 0, 0, 9, 8, 0, 0, 4, 11, 0, 1, 12,
  7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13, 10, 0, 0, 0,
];

/** The first patient of the Breast Cancer Wisconsin data set: malignant. */
const TUMOUR = [
  17.99, 10.38, 122.8, 1001, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871, 1.095, 0.9053, 8.589, 153.4, 0.006399, 0.04904, 0.05373, 0.01587,
  0.03003, 0.006193, 25.38, 17.33, 184.6, 2019, 0.1622, 0.6656, 0.7119, 0.2654, 0.4601, 0.1189,
];

export const SAMPLE_REQUESTS: readonly SampleRequest[] = [
  classification("breast-cancer", TUMOUR),
  classification("digits", DIGIT),
  {
    model: "minilm-l6-v2",
    path: "/v1/embeddings",
    body: { model: "minilm-l6-v2", input: "An answer with a receipt is worth two without." },
    show: showEmbedding,
  },
];

function classification(model: ModelName, features: readonly number[]): SampleRequest {
  const inputs = [{ name: "features", shape: [1, features.length], datatype: "FP32", data: features }];
  return { model, path: `/v2/models/${model}/infer`, body: { inputs }, show: showLabel };
}

/** The label that the classifier chose. */
function showLabel(answer: Record<string, unknown>, labels: readonly string[]): string {
  const outputs = Array.isArray(answer["outputs"]) ? answer["outputs"].filter(isRecord) : [];
  const data: unknown = outputs.find((output) => output["name"] === "label")?.["data"];
  const index = Array.isArray(data) ? Number(data[0]) : Number.NaN;
  return labels[index] ?? `label ${index}`;
}

/** The first numbers of the vector and how many there are. */
function showEmbedding(answer: Record<string, unknown>): string {
  const first: unknown = Array.isArray(answer["data"]) ? answer["data"][0] : undefined;
  const vector: unknown = isRecord(first) ? first["embedding"] : undefined;
  if (!Array.isArray(vector)) return "no vector";
  const shown = vector.slice(0, 2).map((value) => Number(value).toFixed(3));
  return `[${shown.join(", ")}, ... ${vector.length} in all]`;
}
