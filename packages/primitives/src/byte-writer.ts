import { EncodeError } from "./encoding-error.ts";
import { encodeUtf8 } from "./utf8.ts";

export const U64_MAX = (1n << 64n) - 1n;
const I64_MIN = -(1n << 63n);
const I64_MAX = (1n << 63n) - 1n;

/**
 * Builds canonical bytes: integers big-endian, varints unsigned LEB128 of at most 64 bits, lengths as varints. Every method returns the writer.
 * A value outside its field throws `EncodeError`. Source: docs/spec/encoding.md.
 */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #length = 0;
  /** Over all of `#bytes`: made once for each, since every integer needs it. */
  #view = new DataView(this.#bytes.buffer);

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    checkNumber(value, 0xff, "u8");
    // Room first: growing replaces the buffer, and the left side of an assignment is read before its right.
    const offset = this.#grow(1);
    this.#bytes[offset] = value;
    return this;
  }

  u16(value: number): this {
    checkNumber(value, 0xffff, "u16");
    const offset = this.#grow(2);
    this.#view.setUint16(offset, value);
    return this;
  }

  u32(value: number): this {
    checkNumber(value, 0xffffffff, "u32");
    const offset = this.#grow(4);
    this.#view.setUint32(offset, value);
    return this;
  }

  u64(value: bigint): this {
    checkBigint(value, 0n, U64_MAX, "u64");
    const offset = this.#grow(8);
    this.#view.setBigUint64(offset, value);
    return this;
  }

  /** Unsigned LEB128, shortest form. */
  varint(value: bigint | number): this {
    let rest = typeof value === "bigint" ? value : safeBigint(value);
    checkBigint(rest, 0n, U64_MAX, "varint");
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    return this.u8(Number(rest));
  }

  /** A signed 64-bit integer, zigzag mapped (0, -1, 1, -2, ...) and written as a varint. */
  zigzag(value: bigint | number): this {
    const signed = typeof value === "bigint" ? value : safeBigint(value);
    checkBigint(signed, I64_MIN, I64_MAX, "zigzag");
    return this.varint(signed >= 0n ? signed << 1n : (-signed << 1n) - 1n);
  }

  /** Bytes as they are, without a length; where `length` is given they must have exactly that many. */
  fixed(bytes: Uint8Array, length: number = bytes.length): this {
    if (bytes.length !== length) throw new EncodeError(`${length} bytes`, `${bytes.length}`);
    const offset = this.#grow(length);
    this.#bytes.set(bytes, offset);
    return this;
  }

  /** Length as a varint, then the bytes. */
  prefixed(bytes: Uint8Array): this {
    return this.varint(bytes.length).fixed(bytes);
  }

  /** Length in bytes as a varint, then strict UTF-8. */
  string(text: string): this {
    return this.prefixed(encodeUtf8(text));
  }

  /** A copy of all that was written so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(count: number): number {
    const offset = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return offset;
  }
}

function checkNumber(value: number, max: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new EncodeError(`${field}: an integer in 0..${max}`, String(value));
}

function checkBigint(value: bigint, min: bigint, max: bigint, field: string): void {
  if (value < min || value > max) throw new EncodeError(`${field}: an integer in ${min}..${max}`, String(value));
}

function safeBigint(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new EncodeError("a safe integer (use bigint beyond 2^53)", String(value));
  return BigInt(value);
}
