import { elementTypeOf } from "@lamina/api/datatype";
import { concatBytes, encodeUtf8 } from "@lamina/primitives";
import type { NamedTensor } from "../tensors/client-tensor.ts";
import { MalformedAnswerError } from "./client-error.ts";
import type { GatewayAnswer } from "./gateway-connection.ts";
import { type JsonValue, readJson } from "./json-value.ts";

/** Where the JSON part ends and the tensors' bytes begin. Source: Open Inference Protocol, binary tensor data extension. */
const JSON_LENGTH = "inference-header-content-length";

/** A request whose tensors travel as bytes, both ways: JSON would lose the sign of zero, and so the commitment. */
export function writeInferRequest(inputs: readonly NamedTensor[]): { body: Uint8Array; headers: Record<string, string> } {
  const tensors = inputs.map(({ name, datatype, shape, bytes }) => ({ name, datatype, shape, parameters: { binary_data_size: bytes.length } }));
  const json = encodeUtf8(JSON.stringify({ inputs: tensors, parameters: { binary_data_output: true } }));
  const headers = { "content-type": "application/octet-stream", [JSON_LENGTH]: String(json.length) };
  return { body: concatBytes(json, ...inputs.map(({ bytes }) => bytes)), headers };
}

/** The outputs with their bytes. Throws `MalformedAnswerError`. */
export function readInferResponse(answer: GatewayAnswer): NamedTensor[] {
  const stated = answer.header(JSON_LENGTH) ?? String(answer.body.length);
  const jsonBytes = /^[0-9]{1,10}$/.test(stated) ? Number(stated) : Number.NaN;
  if (!(jsonBytes <= answer.body.length)) throw new MalformedAnswerError(JSON_LENGTH, `at most ${answer.body.length}`, stated);
  const outputs = readJson(answer.body.subarray(0, jsonBytes)).get("outputs").list();
  let offset = jsonBytes;
  const tensors = outputs.map((output) => {
    const size = output.get("parameters").get("binary_data_size").count();
    const bytes = answer.body.subarray(offset, offset + size);
    offset += size;
    return tensorOf(output, bytes, size);
  });
  if (offset !== answer.body.length) throw new MalformedAnswerError("answer", `${offset} bytes`, `${answer.body.length}`);
  return tensors;
}

function tensorOf(output: JsonValue, bytes: Uint8Array, size: number): NamedTensor {
  const name = output.get("name").text();
  const datatype = output.get("datatype").text();
  const type = elementTypeOf(datatype);
  if (type === undefined) throw new MalformedAnswerError(`output ${name}`, "of a known datatype", JSON.stringify(datatype));
  if (bytes.length !== size) throw new MalformedAnswerError(`output ${name}`, `${size} bytes`, `${bytes.length}`);
  return { name, datatype, type, shape: output.get("shape").dimensions(), bytes };
}
