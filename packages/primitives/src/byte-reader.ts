import { DecodeError } from "./encoding-error.ts";
import { decodeUtf8 } from "./utf8.ts";

const VARINT_BYTES_MAX = 10;

/**
 * Reads canonical bytes from outside. Every refusal is a `DecodeError` that names offset, expected and found; lengths are checked against what
 * is there before anything is allocated. Returned byte strings are copies. Source: docs/spec/encoding.md.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1, "u8"));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2, "u16"));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4, "u32"));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8, "u64"));
  }

  /** Unsigned LEB128 of at most 64 bits; a longer spelling of the same number is refused, so that one value has one encoding. */
  varint(): bigint {
    const start = this.#offset;
    let value = 0n;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#view.getUint8(this.#take(1, "varint"));
      if (index === VARINT_BYTES_MAX - 1 && byte > 1) break;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte >= 0x80) continue;
      if (byte === 0 && index > 0) throw new DecodeError("non-minimal-varint", start, "the shortest varint", `${index + 1} bytes ending in 00`);
      return value;
    }
    throw new DecodeError("varint-overflow", start, "a varint of at most 64 bits", "more");
  }

  /** A varint that is at most `max`, as a number: lengths, counts and indices. */
  varintNumber(max: number, field = "varint"): number {
    const start = this.#offset;
    const value = this.varint();
    if (value > BigInt(max)) throw new DecodeError("length-over-limit", start, `${field} of at most ${max}`, String(value));
    return Number(value);
  }

  /** A signed 64-bit integer in zigzag form. */
  zigzag(): bigint {
    const mapped = this.varint();
    return (mapped & 1n) === 0n ? mapped >> 1n : -((mapped + 1n) >> 1n);
  }

  /** Exactly `length` bytes. */
  fixed(length: number, field = "bytes"): Uint8Array {
    const offset = this.#take(length, field);
    // Not `this.#bytes.slice`: a Node Buffer's gives a view, and what is handed out must not change with the input.
    return new Uint8Array(this.#bytes.subarray(offset, offset + length));
  }

  /** A varint length of at most `maxBytes`, then that many bytes. */
  prefixed(maxBytes: number, field = "bytes"): Uint8Array {
    return this.fixed(this.varintNumber(maxBytes, `${field} length`), field);
  }

  /** A varint length of at most `maxBytes`, then strict UTF-8. */
  string(maxBytes: number, field = "string"): string {
    const length = this.varintNumber(maxBytes, `${field} length`);
    const start = this.#take(length, field);
    try {
      return decodeUtf8(this.#bytes.subarray(start, start + length));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // Offsets are told from the start of the whole, not of the string.
      throw new DecodeError(error.details.kind, start + error.details.offset, error.details.expected, error.details.found);
    }
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.fixed(this.remaining);
  }

  /** Nothing may follow: trailing bytes would let one value have many encodings. */
  expectEnd(): void {
    if (this.remaining > 0) throw new DecodeError("trailing-bytes", this.#offset, "the end", `${this.remaining} more bytes`);
  }

  #take(count: number, field: string): number {
    if (count > this.remaining) throw new DecodeError("truncated", this.#offset, `${field}: ${count} bytes`, `${this.remaining} left`);
    const offset = this.#offset;
    this.#offset += count;
    return offset;
  }
}
