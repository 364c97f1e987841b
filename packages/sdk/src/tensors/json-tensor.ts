import { elementTypeOf } from "@lamina/api/datatype";
import { ElementType } from "@lamina/codec";
import { InvalidRequestError, MalformedAnswerError } from "../client/client-error.ts";
import type { JsonValue } from "../client/json-value.ts";
import type { NamedTensor } from "./client-tensor.ts";
import { bytesToElements, elementsToBytes } from "./elements.ts";

/**
 * The tensor as JSON text. Written by hand for the sign of zero, which `JSON.stringify` drops: the gateway must commit to the very bytes that are
 * checked here. Throws `InvalidRequestError` for what JSON cannot hold.
 */
export function tensorToJson({ name, datatype, shape, type, bytes }: NamedTensor): string {
  const cells = bytesToElements(name, type, bytes).map((value, at) => cellText(name, at, value));
  const head = JSON.stringify({ name, shape, datatype });
  return `${head.slice(0, -1)},"data":[${cells.join(",")}]}`;
}

function cellText(name: string, at: number, value: number | bigint): string {
  const isHeld = typeof value === "bigint" ? Number.isSafeInteger(Number(value)) : Number.isFinite(value);
  if (!isHeld)
    throw new InvalidRequestError(`${name}[${at}]`, "a finite number, an integer of at most 53 bits: others travel by `infer`", String(value));
  return Object.is(value, -0) ? "-0" : String(value);
}

/** An output of an answer. Throws `MalformedAnswerError`. */
export function tensorOfJson(answer: JsonValue): NamedTensor {
  const name = answer.get("name").text();
  const datatype = answer.get("datatype").text();
  const type = elementTypeOf(datatype);
  if (type === undefined) throw new MalformedAnswerError(`output ${name}`, "of a known datatype", JSON.stringify(datatype));
  const cells = answer.get("data").list();
  return { name, datatype, type, shape: answer.get("shape").dimensions(), bytes: bytesOf(name, type, cells) };
}

function bytesOf(name: string, type: ElementType, cells: readonly JsonValue[]): Uint8Array {
  const isWrong = (value: unknown) => typeof value !== "number" && !(typeof value === "boolean" && type === ElementType.bool);
  const wrong = cells.find(({ value }) => isWrong(value));
  if (wrong !== undefined) throw new MalformedAnswerError(`output ${name}`, "numbers", JSON.stringify(wrong.value).slice(0, 40));
  try {
    return elementsToBytes(name, type, cells.map(({ value }) => value) as number[]);
  } catch (error) {
    if (error instanceof InvalidRequestError)
      throw new MalformedAnswerError(`output ${name}`, error.details.expected, error.details.found, { cause: error });
    throw error;
  }
}
