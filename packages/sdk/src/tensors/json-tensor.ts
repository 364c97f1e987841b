import { elementTypeOf } from "@lamina/api/datatype";
import { ElementType } from "@lamina/codec";
import { InvalidRequestError, MalformedAnswerError } from "../client/client-error.ts";
import { type JsonValue, shown } from "../client/json-value.ts";
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
  const isFloat = type === ElementType.float32 || type === ElementType.float64;
  const isHeld = (value: unknown) =>
    typeof value === "number" ||
    typeof value === "bigint" ||
    (typeof value === "boolean" && type === ElementType.bool) ||
    (isFloat && oddFloat(value) !== undefined);
  const wrong = cells.find(({ value }) => !isHeld(value));
  if (wrong !== undefined) throw new MalformedAnswerError(`output ${name}`, "numbers", shown(wrong.value));
  try {
    const bytes = elementsToBytes(
      name,
      type,
      cells.map(({ value }) => oddFloat(value) ?? (isFloat && typeof value === "bigint" ? Number(value) : value)) as number[],
    );
    return isFloat ? withNanBits(bytes, type === ElementType.float32 ? 4 : 8, cells) : bytes;
  } catch (error) {
    if (error instanceof InvalidRequestError)
      throw new MalformedAnswerError(`output ${name}`, error.details.expected, error.details.found, { cause: error });
    throw error;
  }
}

const NAN_BITS = /^nan\(0x([0-9a-f]{8}|[0-9a-f]{16})\)$/;

/** The floats that JSON has no numbers for, as the gateway writes them; undefined for anything else. */
function oddFloat(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  return value === "NaN" || NAN_BITS.test(value) ? Number.NaN : undefined;
}

/** A NaN with its own bits: JavaScript's numbers do not keep them. */
function withNanBits(bytes: Uint8Array, size: 4 | 8, cells: readonly JsonValue[]): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [at, { value }] of cells.entries()) {
    const bits = typeof value === "string" ? NAN_BITS.exec(value)?.[1] : undefined;
    if (bits === undefined) continue;
    if (size === 4) view.setUint32(4 * at, Number.parseInt(bits, 16), true);
    else view.setBigUint64(8 * at, BigInt(`0x${bits}`), true);
  }
  return bytes;
}
