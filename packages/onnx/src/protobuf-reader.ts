import { malformed } from "./refusal.ts";

export type WireType = "varint" | "fixed64" | "bytes" | "fixed32";

export interface Field {
  readonly number: number;
  readonly wire: WireType;
  /** Where the field begins in the file. */
  readonly offset: number;
  /** Of a varint, as unsigned 64 bits; 0 for the others. */
  readonly varint: bigint;
  /** Content of `bytes`, `fixed32`, `fixed64`: a view of the file. Empty for a varint. */
  readonly bytes: Uint8Array;
}

const EMPTY = new Uint8Array();
const VARINT_BYTES_MAX = 10;

/**
 * Walks the fields of one protobuf message in `bytes`, which lies at `base` in the file. Descends into nothing and copies nothing, so its time is
 * linear and its depth is the caller's. Throws a `malformed` refusal. Source: protobuf encoding, protobuf.dev/programming-guides/encoding.
 */
export function* readFields(bytes: Uint8Array, base: number): Generator<Field> {
  const cursor = new Cursor(bytes, base);
  while (cursor.position < bytes.length) {
    const offset = base + cursor.position;
    const tag = cursor.varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 0x1fff_ffff) throw malformed(offset, `field number ${number}`);
    yield readField(cursor, number, Number(tag & 7n), offset);
  }
}

function readField(cursor: Cursor, number: number, wire: number, offset: number): Field {
  switch (wire) {
    case 0:
      return { number, wire: "varint", offset, varint: cursor.varint(), bytes: EMPTY };
    case 1:
      return { number, wire: "fixed64", offset, varint: 0n, bytes: cursor.take(8) };
    case 2:
      return { number, wire: "bytes", offset, varint: 0n, bytes: cursor.take(cursor.length()) };
    case 5:
      return { number, wire: "fixed32", offset, varint: 0n, bytes: cursor.take(4) };
    default:
      throw malformed(offset, `wire type ${wire}`);
  }
}

/** Unsigned varints that fill `bytes` completely: a packed repeated field. At most `countMax`. */
export function readPackedVarints(bytes: Uint8Array, base: number, countMax: number): bigint[] {
  const cursor = new Cursor(bytes, base);
  const values: bigint[] = [];
  while (cursor.position < bytes.length) {
    if (values.length === countMax) throw malformed(base, `more than ${countMax} packed values`);
    values.push(cursor.varint());
  }
  return values;
}

class Cursor {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #base: number;

  constructor(bytes: Uint8Array, base: number) {
    this.#bytes = bytes;
    this.#base = base;
  }

  varint(): bigint {
    const start = this.position;
    let value = 0n;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#bytes[this.position];
      if (byte === undefined) throw malformed(this.#base + start, "a number cut off");
      this.position += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed(this.#base + start, "a number of more than 10 bytes");
  }

  length(): number {
    const start = this.position;
    const length = this.varint();
    const left = this.#bytes.length - this.position;
    if (length > BigInt(left)) throw malformed(this.#base + start, `a length of ${length} where ${left} bytes are left`);
    return Number(length);
  }

  take(length: number): Uint8Array {
    const start = this.position;
    if (start + length > this.#bytes.length) throw malformed(this.#base + start, `${length} bytes cut off`);
    this.position = start + length;
    return this.#bytes.subarray(start, start + length);
  }
}
