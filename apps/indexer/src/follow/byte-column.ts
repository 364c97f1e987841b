const WIDTH = 32;
const LINES_AT_FIRST = 1_024;

/** Digests of 32 bytes, one after another in one buffer that grows. */
export class ByteColumn {
  #bytes = Buffer.allocUnsafe(WIDTH * LINES_AT_FIRST);
  #length = 0;

  push(digest: Uint8Array): void {
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * this.#bytes.length);
    this.#bytes.set(digest, this.#length);
    this.#length += WIDTH;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
