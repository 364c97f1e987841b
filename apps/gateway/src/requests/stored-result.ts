import { decodeTensorsFile, encodeTensorsFile, readBytes32, readStr8, readStr16, writeBytes32, writeStr8, writeStr16 } from "@lamina/codec";
import { decodeReceipt } from "@lamina/light-client";
import { ByteReader, ByteWriter } from "@lamina/primitives";
import { GatewayError, type GatewayErrorCode } from "../gateway-error.ts";
import type { JobResult } from "../jobs/job-runner.ts";

const ANSWER = 1;
const FAILURE = 2;

/** How a durable request ended: what every repetition of it is told (I8). */
export type StoredResult = { readonly kind: "answer"; readonly result: JobResult } | { readonly kind: "failure"; readonly error: GatewayError };

export function encodeAnswer(result: JobResult): Uint8Array {
  const writer = new ByteWriter().u8(ANSWER);
  writeStr8(writer, result.jobIdHex);
  writeBytes32(writer, result.receipt);
  writeBytes32(writer, encodeTensorsFile(result.outputs));
  return writer.finish();
}

export function encodeFailure(error: GatewayError): Uint8Array {
  const writer = new ByteWriter().u8(FAILURE);
  writeStr8(writer, error.code);
  writeStr16(writer, error.message);
  writeStr8(writer, error.details.param ?? "");
  return writer.finish();
}

/** Throws `DecodeError`. */
export function decodeResult(bytes: Uint8Array): StoredResult {
  const reader = new ByteReader(bytes);
  if (reader.u8() === ANSWER) {
    const jobIdHex = readStr8(reader, "job id");
    const receipt = readBytes32(reader, "receipt");
    const outputs = decodeTensorsFile(readBytes32(reader, "outputs"));
    reader.expectEnd();
    return { kind: "answer", result: { jobIdHex, receipt, outputs, row: decodeReceipt(receipt).signed.row } };
  }
  const code = readStr8(reader, "code") as GatewayErrorCode;
  const message = readStr16(reader, "message");
  const param = readStr8(reader, "parameter");
  reader.expectEnd();
  return { kind: "failure", error: new GatewayError(code, message, param === "" ? {} : { param }) };
}
