import { type EmbeddingsRequest, type EmbeddingsResponse, embeddingsRequestSchema, type OpenAiModelList } from "@lamina/api";
import { ElementType, type Item } from "@lamina/codec";
import { toBase64 } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import type { ModelCatalogue } from "../models/model-catalogue.ts";
import type { OfferedModel } from "../models/offered-model.ts";
import type { RequestDesk } from "../requests/request-desk.ts";
import { rawNumber } from "../tensors/json-cells.ts";
import { itemsOfTexts, type TextInput } from "../tensors/text-items.ts";
import type { WorkerDirectory } from "../workers/worker-directory.ts";
import { type Handler, json, param } from "./call.ts";
import { readJson } from "./json-body.ts";
import { requestLevel } from "./request-level.ts";
import { requestReference } from "./request-reference.ts";

const EMBEDDING_TASK = "embedding";

export interface OpenAiDependencies {
  readonly catalogue: ModelCatalogue;
  readonly workers: WorkerDirectory;
  readonly desk: RequestDesk;
  readonly itemsMax: number;
}

/** Routes as OpenAI's clients know them. */
export function openAiRoutes({
  catalogue,
  workers,
  desk,
  itemsMax,
}: OpenAiDependencies): Record<"listModels" | "getModel" | "createEmbeddings", Handler> {
  return {
    listModels: async () => {
      const served = (await catalogue.list()).filter(({ modelIdHex }) => workers.count(modelIdHex) > 0);
      const list: OpenAiModelList = { object: "list", data: served.map(modelOf) };
      return json(200, list);
    },
    getModel: async (call) => json(200, modelOf(await catalogue.find(param(call, "model")))),
    createEmbeddings: async (call) => {
      const request = readJson(embeddingsRequestSchema, call.body);
      const level = requestLevel(call.header("lamina-level"), request.lamina_level);
      const model = await catalogue.find(request.model);
      const size = requireEmbeddings(model, request);
      const input = itemsOfTexts(model, textsOf(request.input), itemsMax);
      const answer = await desk.submit(call, { model, ...input, ...level, reference: requestReference(call.header("lamina-reference")) });
      const data = answer.outputs.map((item, index) => ({
        object: "embedding" as const,
        index,
        embedding: embeddingOf(item, size, request.encoding_format),
      }));
      const usage = { prompt_tokens: input.tokens, total_tokens: input.tokens };
      const body: EmbeddingsResponse = { object: "list", data, model: model.name, usage };
      return json(200, body, { "lamina-job-id": answer.jobIdHex });
    },
  };
}

function modelOf({ name, publisher }: OfferedModel): OpenAiModelList["data"][number] {
  return { id: name, object: "model", created: 0, owned_by: publisher };
}

function textsOf(input: EmbeddingsRequest["input"]): TextInput {
  if (typeof input === "string") return [input];
  // One list of token ids is one text.
  return typeof input[0] === "number" ? [input as number[]] : (input as string[] | number[][]);
}

/** The length of the model's vectors. Throws `GatewayError` where it has none or another is asked for. */
function requireEmbeddings({ name, manifest }: OfferedModel, { dimensions }: EmbeddingsRequest): number {
  const size = manifest.profiles[0]?.outputs[0]?.[1];
  if (manifest.task !== EMBEDDING_TASK || manifest.outputs[0]?.type !== ElementType.float32 || size === undefined) {
    throw new GatewayError("invalid_request", `the model ${name} makes no embeddings: its task is ${manifest.task}`, { param: "model" });
  }
  if (dimensions !== undefined && dimensions !== size) {
    throw new GatewayError(
      "invalid_request",
      `${name} has ${size} dimensions; shortening to ${dimensions} is not supported, since it would not be what the receipt proves`,
      { param: "dimensions" },
    );
  }
  return size;
}

function embeddingOf(item: Item, size: number, format: EmbeddingsRequest["encoding_format"]): number[] | string {
  const bytes = item[0]?.data ?? new Uint8Array();
  if (format === "base64") return toBase64(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: size }, (_, at) => embeddingCell(view.getFloat32(4 * at, true)));
}

/** OpenAI's lists hold numbers alone, and `JSON.stringify` would make null of some and 0 of -0. Throws `GatewayError`. */
function embeddingCell(value: number): number {
  if (!Number.isFinite(value)) {
    throw new GatewayError("execution_failed", `the embedding holds ${value}, which a JSON number cannot be: ask for encoding_format "base64"`);
  }
  return Object.is(value, -0) ? rawNumber("-0") : value;
}
