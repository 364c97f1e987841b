import { datatypeOf, type InferResponse, type ModelMetadata } from "@lamina/api";
import type { Manifest } from "@lamina/codec";
import type { ModelCatalogue } from "../models/model-catalogue.ts";
import type { OfferedModel } from "../models/offered-model.ts";
import type { RequestDesk } from "../requests/request-desk.ts";
import { itemsOfTensors } from "../tensors/request-items.ts";
import { outputTensors } from "../tensors/response-tensors.ts";
import type { WorkerDirectory } from "../workers/worker-directory.ts";
import { type AuthorizedCall, type Handler, json, param, type Reply } from "./call.ts";
import { readInferRequest, requireOutputs, writeInferResponse } from "./infer-message.ts";
import { requestLevel } from "./request-level.ts";
import { requestReference } from "./request-reference.ts";

const PLATFORM = "onnx";

export interface OpenInferenceDependencies {
  readonly catalogue: ModelCatalogue;
  readonly workers: WorkerDirectory;
  readonly desk: RequestDesk;
  readonly itemsMax: number;
  readonly version: string;
}

type Ids = "serverMetadata" | "modelMetadata" | "modelVersionMetadata" | "modelReady" | "modelVersionReady" | "infer" | "inferVersion";

/** Routes of the Open Inference Protocol, with its binary tensor data extension. */
export function openInferenceRoutes({ catalogue, workers, desk, itemsMax, version }: OpenInferenceDependencies): Record<Ids, Handler> {
  const find = (call: AuthorizedCall) => catalogue.find(param(call, "model"), call.params["version"]);
  const metadata: Handler = async (call) => json(200, metadataOf(await find(call)));
  const ready: Handler = async (call) => {
    const model = await find(call);
    const isReady = workers.count(model.modelIdHex) > 0;
    return json(isReady ? 200 : 503, { name: model.name, ready: isReady });
  };
  const infer: Handler = async (call): Promise<Reply> => {
    const { request, binary } = readInferRequest(call);
    const level = requestLevel(call.header("lamina-level"), textOf(request.parameters?.["lamina_level"]));
    const model = await find(call);
    requireOutputs(model.manifest, request);
    const input = itemsOfTensors(model.manifest, request.inputs, itemsMax, binary);
    const answer = await desk.submit(call, { model, ...input, ...level, reference: requestReference(call.header("lamina-reference")) });
    const head: Omit<InferResponse, "outputs"> = {
      model_name: model.name,
      model_version: model.version,
      ...(request.id === undefined ? {} : { id: request.id }),
      parameters: { lamina_job_id: answer.jobIdHex },
    };
    return writeInferResponse(head, request, outputTensors(model.manifest, answer.outputs), { "lamina-job-id": answer.jobIdHex });
  };
  return {
    serverMetadata: () => json(200, { name: "lamina", version, extensions: ["binary_tensor_data"] }),
    modelMetadata: metadata,
    modelVersionMetadata: metadata,
    modelReady: ready,
    modelVersionReady: ready,
    infer,
    inferVersion: infer,
  };
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function metadataOf({ name, versions, manifest }: OfferedModel): ModelMetadata {
  const shapes = (which: "inputs" | "outputs", index: number) => manifest.profiles.map((profile) => profile[which][index] ?? []);
  const describe = (which: "inputs" | "outputs") =>
    manifest[which].map((tensor, index) => ({
      name: tensor.name,
      datatype: datatypeOf(tensor.type),
      shape: openShape(shapes(which, index), manifest, which),
    }));
  return { name, versions: [...versions], platform: PLATFORM, inputs: describe("inputs"), outputs: describe("outputs") };
}

/** -1 for the item axis, for a padded input's axis 1, and wherever profiles differ. */
function openShape(shapes: readonly (readonly number[])[], { padding }: Manifest, which: "inputs" | "outputs"): number[] {
  const [first = []] = shapes;
  return first.map((dim, axis) => {
    const isOpen = axis === 0 || (axis === 1 && padding !== undefined && which === "inputs") || shapes.some((shape) => shape[axis] !== dim);
    return isOpen ? -1 : dim;
  });
}
