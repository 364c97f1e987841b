import { concatBytes, encodeUtf8 } from "@lamina/primitives";

const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;

/**
 * Writes the few protobuf messages that CometBFT and ICS23 hash and sign, as their generated Go code does: fields ascending, numbers and byte strings
 * that are zero or empty left out. There is one output for a value, so a reader may compare what it read with what would have been written.
 * Source: https://protobuf.dev/programming-guides/encoding/; gogoproto's generated marshallers.
 */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** int32, int64, uint32, uint64, bool and enum fields; negative numbers take ten bytes, as two's complement. */
  varint(field: number, value: bigint | number): this {
    const number = BigInt(value);
    return number === 0n ? this : this.#push(tag(field, varintType), encodeVarint(BigInt.asUintN(64, number)));
  }

  /** An sfixed64 field: eight bytes, little-endian. */
  sfixed64(field: number, value: bigint): this {
    if (value === 0n) return this;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, value, true);
    return this.#push(tag(field, fixed64Type), bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encodeUtf8(value));
  }

  /** An embedded message, written even when it is empty (what gogoproto does for fields that are not nullable). */
  message(field: number, encoded: Uint8Array): this {
    return this.#push(tag(field, bytesType), encodeVarint(BigInt(encoded.length)), encoded);
  }

  finish(): Uint8Array {
    return concatBytes(...this.#parts);
  }

  #push(...parts: Uint8Array[]): this {
    this.#parts.push(...parts);
    return this;
  }
}

/** `encoded` behind its length: what CometBFT signs. */
export function lengthDelimited(encoded: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(BigInt(encoded.length)), encoded);
}

/** Unsigned LEB128, shortest form. */
export function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function tag(field: number, wireType: number): Uint8Array {
  return encodeVarint(BigInt(field * 8 + wireType));
}
