import { ByteReader, DecodeError } from "@lamina/primitives";

const varintType = 0;
const bytesType = 2;

/**
 * Reads the fields of one protobuf message in ascending order, as its canonical writer put them. It leaves to the caller to write the result again and
 * compare: that refuses every other spelling (fields in another order, zeros written out, unknown fields).
 */
export class ProtobufReader {
  readonly #reader: ByteReader;
  #tag: number | undefined;

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes);
    this.#next();
  }

  /** A varint field; 0 where it is absent. */
  varint(field: number): bigint {
    if (this.#tag !== field * 8 + varintType) return 0n;
    const value = this.#reader.varint();
    this.#next();
    return value;
  }

  /** A byte string or embedded message; undefined where it is absent. */
  bytes(field: number): Uint8Array | undefined {
    if (this.#tag !== field * 8 + bytesType) return undefined;
    const value = this.#reader.prefixed(this.#reader.remaining, `field ${field}`);
    this.#next();
    return value;
  }

  repeated(field: number): Uint8Array[] {
    const values: Uint8Array[] = [];
    for (let value = this.bytes(field); value !== undefined; value = this.bytes(field)) values.push(value);
    return values;
  }

  /** Nothing may follow the last field that the caller knows. Throws `DecodeError`. */
  expectEnd(): void {
    if (this.#tag !== undefined) throw new DecodeError("unexpected-value", this.#reader.offset, "no further field", `tag ${this.#tag}`);
  }

  #next(): void {
    this.#tag = this.#reader.remaining === 0 ? undefined : this.#reader.varintNumber(2 ** 32 - 1, "tag");
  }
}
