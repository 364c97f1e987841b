import type { JsonCells } from "@lamina/api";
import { ElementType } from "@lamina/codec";
import { GatewayError } from "../gateway-error.ts";

/** A string where JSON has no number for a value. */
export type JsonCell = number | boolean | string;

type Writer = (view: DataView, offset: number, value: number) => void;

interface Range {
  readonly low: number;
  readonly high: number;
}

const WRITERS = new Map<ElementType, Writer>([
  [ElementType.float32, (view, offset, value) => view.setFloat32(offset, value, true)],
  [ElementType.float64, (view, offset, value) => view.setFloat64(offset, value, true)],
  [ElementType.int8, (view, offset, value) => view.setInt8(offset, value)],
  [ElementType.uint8, (view, offset, value) => view.setUint8(offset, value)],
  [ElementType.bool, (view, offset, value) => view.setUint8(offset, value)],
  [ElementType.int16, (view, offset, value) => view.setInt16(offset, value, true)],
  [ElementType.uint16, (view, offset, value) => view.setUint16(offset, value, true)],
  [ElementType.int32, (view, offset, value) => view.setInt32(offset, value, true)],
  [ElementType.uint32, (view, offset, value) => view.setUint32(offset, value, true)],
  [ElementType.int64, (view, offset, value) => view.setBigInt64(offset, BigInt(value), true)],
  [ElementType.uint64, (view, offset, value) => view.setBigUint64(offset, BigInt(value), true)],
]);

const INTEGERS = new Map<ElementType, Range>([
  [ElementType.int8, { low: -128, high: 127 }],
  [ElementType.uint8, { low: 0, high: 255 }],
  [ElementType.bool, { low: 0, high: 1 }],
  [ElementType.int16, { low: -32_768, high: 32_767 }],
  [ElementType.uint16, { low: 0, high: 65_535 }],
  [ElementType.int32, { low: -(2 ** 31), high: 2 ** 31 - 1 }],
  [ElementType.uint32, { low: 0, high: 2 ** 32 - 1 }],
  // Beyond 2^53 a JSON number no longer says which integer was meant.
  [ElementType.int64, { low: Number.MIN_SAFE_INTEGER, high: Number.MAX_SAFE_INTEGER }],
  [ElementType.uint64, { low: 0, high: Number.MAX_SAFE_INTEGER }],
]);

/** Writes JSON numbers, flat or nested, as `count` elements, little-endian. Throws `GatewayError` that names the tensor. */
export function cellsToBytes(tensor: string, type: ElementType, elementSize: number, count: number, cells: JsonCells): Uint8Array {
  const write = WRITERS.get(type);
  if (write === undefined) throw bad(tensor, "this datatype has no JSON form: send it as binary data");
  const range = INTEGERS.get(type);
  const bytes = new Uint8Array(count * elementSize);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of elementsOf(cells)) {
    if (at >= count) throw bad(tensor, `expected ${count} elements, found more`);
    const number = numberOf(tensor, type, value, range);
    write(view, at * elementSize, number);
    at += 1;
  }
  if (at !== count) throw bad(tensor, `expected ${count} elements, found ${at}`);
  return bytes;
}

function numberOf(tensor: string, type: ElementType, value: number | boolean, range: Range | undefined): number {
  if (typeof value === "boolean") {
    if (type !== ElementType.bool) throw bad(tensor, "expected numbers, found a boolean");
    return value ? 1 : 0;
  }
  if (range === undefined) {
    const fits = type === ElementType.float32 ? Number.isFinite(Math.fround(value)) : Number.isFinite(value);
    if (!fits) throw bad(tensor, "expected finite numbers");
    return value;
  }
  if (!Number.isInteger(value) || value < range.low || value > range.high) throw bad(tensor, `expected integers from ${range.low} to ${range.high}`);
  return value;
}

/** The array itself where it is flat, as most are: a generator costs more than what is done with each element. */
function elementsOf(cells: JsonCells): Iterable<number | boolean> {
  return cells.some((cell) => typeof cell === "object") ? flat(cells) : (cells as readonly (number | boolean)[]);
}

function* flat(cells: JsonCells): Generator<number | boolean> {
  for (const cell of cells) {
    if (typeof cell === "object") yield* flat(cell);
    else yield cell;
  }
}

function bad(tensor: string, problem: string): GatewayError {
  return new GatewayError("invalid_tensor", `tensor ${JSON.stringify(tensor)}: ${problem}`, { param: tensor });
}

type Reader = (view: DataView, offset: number) => number | boolean | bigint;

const READERS = new Map<ElementType, Reader>([
  [ElementType.float32, (view, offset) => view.getFloat32(offset, true)],
  [ElementType.float64, (view, offset) => view.getFloat64(offset, true)],
  [ElementType.int8, (view, offset) => view.getInt8(offset)],
  [ElementType.uint8, (view, offset) => view.getUint8(offset)],
  [ElementType.bool, (view, offset) => view.getUint8(offset) === 1],
  [ElementType.int16, (view, offset) => view.getInt16(offset, true)],
  [ElementType.uint16, (view, offset) => view.getUint16(offset, true)],
  [ElementType.int32, (view, offset) => view.getInt32(offset, true)],
  [ElementType.uint32, (view, offset) => view.getUint32(offset, true)],
  [ElementType.int64, (view, offset) => view.getBigInt64(offset, true)],
  [ElementType.uint64, (view, offset) => view.getBigUint64(offset, true)],
]);

/**
 * The elements as JSON text holds them, every bit of them: -0 as `-0`, integers with all their digits also beyond 2^53, and floats that are not finite
 * as the strings `NaN`, `Infinity`, `-Infinity`, any other NaN with its bits, `nan(0xffc00000)`. What is signed is the bytes, so a client must be able
 * to make the very same of what it reads. Undefined for a datatype without a JSON form.
 */
export function bytesToCells(type: ElementType, elementSize: number, bytes: Uint8Array): JsonCell[] | undefined {
  const read = READERS.get(type);
  if (read === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cells: JsonCell[] = [];
  for (let offset = 0; offset < bytes.length; offset += elementSize) {
    const value = read(view, offset);
    if (typeof value === "bigint") cells.push(integerCell(value));
    else if (typeof value === "number" && (Object.is(value, -0) || !Number.isFinite(value))) cells.push(oddCell(value, view, offset, elementSize));
    else cells.push(value);
  }
  return cells;
}

function integerCell(value: bigint): JsonCell {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawNumber(String(value));
}

const CANONICAL_NAN = new Map([
  [4, "7fc00000"],
  [8, "7ff8000000000000"],
]);

function oddCell(value: number, view: DataView, offset: number, elementSize: number): JsonCell {
  if (value === 0) return rawNumber("-0");
  if (!Number.isNaN(value)) return String(value);
  const bits = (elementSize === 4 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true)).toString(16);
  return bits === CANONICAL_NAN.get(elementSize) ? "NaN" : `nan(0x${bits})`;
}

/** A number that `JSON.stringify` writes as this text. Source: ECMAScript, JSON.rawJSON; TypeScript does not know it yet. */
export function rawNumber(text: string): number {
  return (JSON as unknown as { rawJSON(text: string): number }).rawJSON(text);
}
