import { ElementType, elementBytes } from "@lamina/codec";
import { InvalidRequestError } from "../client/client-error.ts";
import type { Elements } from "./client-tensor.ts";

type Value = number | bigint | boolean;

interface Form {
  write(view: DataView, offset: number, value: Value): void;
  read(view: DataView, offset: number): number | bigint;
  /** Smallest and largest, for integers. */
  readonly range?: readonly [bigint, bigint];
}

const bits = (count: bigint) => 1n << count;
const signed = (count: bigint): readonly [bigint, bigint] => [-bits(count - 1n), bits(count - 1n) - 1n];
const unsigned = (count: bigint): readonly [bigint, bigint] => [0n, bits(count) - 1n];

/** All but float16, which JavaScript has no numbers of: it travels as bytes. */
const FORMS = new Map<ElementType, Form>([
  [ElementType.float32, { write: (view, at, value) => view.setFloat32(at, Number(value), true), read: (view, at) => view.getFloat32(at, true) }],
  [ElementType.float64, { write: (view, at, value) => view.setFloat64(at, Number(value), true), read: (view, at) => view.getFloat64(at, true) }],
  [ElementType.bool, { write: (view, at, value) => view.setUint8(at, Number(value)), read: (view, at) => view.getUint8(at), range: [0n, 1n] }],
  [ElementType.int8, { write: (view, at, value) => view.setInt8(at, Number(value)), read: (view, at) => view.getInt8(at), range: signed(8n) }],
  [ElementType.uint8, { write: (view, at, value) => view.setUint8(at, Number(value)), read: (view, at) => view.getUint8(at), range: unsigned(8n) }],
  [
    ElementType.int16,
    { write: (view, at, value) => view.setInt16(at, Number(value), true), read: (view, at) => view.getInt16(at, true), range: signed(16n) },
  ],
  [
    ElementType.uint16,
    { write: (view, at, value) => view.setUint16(at, Number(value), true), read: (view, at) => view.getUint16(at, true), range: unsigned(16n) },
  ],
  [
    ElementType.int32,
    { write: (view, at, value) => view.setInt32(at, Number(value), true), read: (view, at) => view.getInt32(at, true), range: signed(32n) },
  ],
  [
    ElementType.uint32,
    { write: (view, at, value) => view.setUint32(at, Number(value), true), read: (view, at) => view.getUint32(at, true), range: unsigned(32n) },
  ],
  [
    ElementType.int64,
    { write: (view, at, value) => view.setBigInt64(at, BigInt(value), true), read: (view, at) => view.getBigInt64(at, true), range: signed(64n) },
  ],
  [
    ElementType.uint64,
    { write: (view, at, value) => view.setBigUint64(at, BigInt(value), true), read: (view, at) => view.getBigUint64(at, true), range: unsigned(64n) },
  ],
]);

/** Elements as little-endian bytes; a number that the type does not hold is refused, never wrapped. Throws `InvalidRequestError` that names the tensor. */
export function elementsToBytes(name: string, type: ElementType, elements: Elements): Uint8Array {
  const form = FORMS.get(type);
  const size = elementBytes(type) ?? 0;
  if (form === undefined) throw new InvalidRequestError(name, "bytes, since JavaScript has no numbers of this datatype", "elements");
  const bytes = new Uint8Array(elements.length * size);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < elements.length; at++) {
    const value = elements[at] as Value;
    const problem = problemOf(value, type, form);
    if (problem !== undefined) throw new InvalidRequestError(`${name}[${at}]`, problem, String(value));
    form.write(view, at * size, value);
  }
  return bytes;
}

/** The elements of little-endian bytes: booleans as 0 and 1, 64-bit integers as `bigint`. Throws `InvalidRequestError` for float16. */
export function bytesToElements(name: string, type: ElementType, bytes: Uint8Array): number[] | bigint[] {
  const form = FORMS.get(type);
  const size = elementBytes(type) ?? 0;
  if (form === undefined) throw new InvalidRequestError(name, "a datatype that JavaScript has numbers of", "FP16: take its bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: (number | bigint)[] = [];
  for (let offset = 0; offset + size <= bytes.length; offset += size) elements.push(form.read(view, offset));
  return elements as number[] | bigint[];
}

function problemOf(value: Value, type: ElementType, { range }: Form): string | undefined {
  if (typeof value === "boolean") return type === ElementType.bool ? undefined : "a number";
  if (range === undefined) return typeof value === "number" ? undefined : "a number";
  if (typeof value === "number" && !Number.isSafeInteger(value)) return "an integer, beyond 2^53 as bigint";
  const isInside = BigInt(value) >= range[0] && BigInt(value) <= range[1];
  return isInside ? undefined : `an integer from ${range[0]} to ${range[1]}`;
}
