import { type InferRequest, type InferResponse, inferRequestSchema, type ResponseTensor } from "@lamina/api";
import type { Manifest } from "@lamina/codec";
import { concatBytes, encodeUtf8 } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import type { BinaryInputs } from "../tensors/request-items.ts";
import { type OutputTensor, toJsonTensor } from "../tensors/response-tensors.ts";
import { type Call, json, type Reply } from "./call.ts";
import { readJson } from "./json-body.ts";

/** Where the JSON part ends and tensor data begins. Source: Open Inference Protocol, binary tensor data extension. */
const JSON_LENGTH = "inference-header-content-length";

const NO_DATA = new Uint8Array();

export interface InferMessage {
  readonly request: InferRequest;
  readonly binary: BinaryInputs;
}

/** Reads JSON, and the tensors' bytes behind it where the header says that there are any. Throws `GatewayError`. */
export function readInferRequest(call: Call): InferMessage {
  const header = call.header(JSON_LENGTH);
  if (header === undefined) {
    const request = readJson(inferRequestSchema, call.body);
    return { request, binary: sliceBinary(request, NO_DATA) };
  }
  const jsonBytes = /^[0-9]{1,9}$/.test(header) ? Number(header) : Number.NaN;
  if (!(jsonBytes <= call.body.length))
    throw new GatewayError("invalid_request", `${JSON_LENGTH} must be at most the body's ${call.body.length} bytes`, { param: JSON_LENGTH });
  const request = readJson(inferRequestSchema, call.body.subarray(0, jsonBytes));
  return { request, binary: sliceBinary(request, call.body.subarray(jsonBytes)) };
}

function sliceBinary(request: InferRequest, data: Uint8Array): BinaryInputs {
  const binary = new Map<string, Uint8Array>();
  let offset = 0;
  for (const { name, parameters } of request.inputs) {
    const size = parameters?.["binary_data_size"];
    if (size === undefined) continue;
    const fits = typeof size === "number" && Number.isInteger(size) && size >= 0 && offset + size <= data.length;
    if (!fits) throw new GatewayError("invalid_tensor", `tensor ${JSON.stringify(name)}: its binary data is not in the body`, { param: name });
    binary.set(name, data.subarray(offset, offset + size));
    offset += size;
  }
  if (offset !== data.length) throw new GatewayError("invalid_request", `expected ${offset} bytes of binary tensor data, found ${data.length}`);
  return binary;
}

/** The answer with the outputs that were asked for, each as JSON or as bytes behind it. */
export function writeInferResponse(
  head: Omit<InferResponse, "outputs">,
  request: InferRequest,
  outputs: readonly OutputTensor[],
  headers: Readonly<Record<string, string>>,
): Reply {
  const wanted = wantedOutputs(request, outputs);
  const parts: Uint8Array[] = [];
  const tensors = wanted.map(({ output, isBinary }): ResponseTensor => {
    if (!isBinary) return toJsonTensor(output);
    parts.push(output.bytes);
    return { name: output.name, shape: [...output.shape], datatype: output.datatype, parameters: { binary_data_size: output.bytes.length } };
  });
  const body: InferResponse = { ...head, outputs: tensors };
  if (parts.length === 0) return json(200, body, headers);
  const text = encodeUtf8(JSON.stringify(body));
  return {
    status: 200,
    headers: { ...headers, [JSON_LENGTH]: String(text.length) },
    contentType: "application/octet-stream",
    body: concatBytes(text, ...parts),
  };
}

/** Before anything runs and costs. Throws `GatewayError` that names an output that the model does not have. */
export function requireOutputs({ outputs }: Pick<Manifest, "outputs">, request: InferRequest): void {
  const stranger = request.outputs?.find(({ name }) => !outputs.some((output) => output.name === name));
  if (stranger === undefined) return;
  const names = outputs.map(({ name }) => name).join(", ");
  throw new GatewayError("invalid_tensor", `output ${JSON.stringify(stranger.name)}: the model has no such output; it has ${names}`, {
    param: stranger.name,
  });
}

function wantedOutputs(
  { outputs: asked, parameters }: InferRequest,
  outputs: readonly OutputTensor[],
): { output: OutputTensor; isBinary: boolean }[] {
  const allBinary = parameters?.["binary_data_output"] === true;
  if (asked === undefined || asked.length === 0) return outputs.map((output) => ({ output, isBinary: allBinary }));
  return asked.flatMap(({ name, parameters: own }) => {
    const choice = own?.["binary_data"];
    const isBinary = typeof choice === "boolean" ? choice : allBinary;
    return outputs.filter((output) => output.name === name).map((output) => ({ output, isBinary }));
  });
}
