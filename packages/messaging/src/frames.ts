import { concatBytes } from "@lamina/primitives";
import { FrameError } from "./bus-errors.ts";

/**
 * Framing of requests and replies. A payload that fits one message travels bare (a request with its timeout, a reply with no header at all).
 * A larger one is cut: the first chunk carries size and count, later ones their index. A request's later chunks wait until the process that took
 * the first names itself with `continue`, since a queue group would scatter them.
 */
export const HEADER = {
  timeoutMs: "Lamina-Timeout-Ms",
  size: "Lamina-Size",
  chunks: "Lamina-Chunks",
  chunk: "Lamina-Chunk",
  continue: "Lamina-Continue",
  error: "Lamina-Error",
  retryable: "Lamina-Retryable",
} as const;

/** Room left in each message for headers and subjects. */
export const HEADER_ROOM_BYTES = 1024;

/** A payload in more pieces than this is an attack on the memory that each piece costs. */
const CHUNKS_MAX = 4096;

/** Cuts `payload` into pieces of at most `chunkBytes`; they are views. An empty payload is one empty piece. */
export function splitPayload(payload: Uint8Array, chunkBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset === 0 || offset < payload.length; offset += chunkBytes) pieces.push(payload.subarray(offset, offset + chunkBytes));
  return pieces;
}

/** Puts the chunks of one payload together. Nothing is reserved on the word of the announced size. */
export class Assembly {
  readonly sizeBytes: number;
  readonly #chunks: number;
  readonly #pieces: Uint8Array[] = [];
  #receivedBytes = 0;

  /** Throws `FrameError` where the announcement is not whole numbers or exceeds `limitBytes`. */
  constructor(announced: { readonly size: string | undefined; readonly chunks: string | undefined }, limitBytes: number) {
    this.sizeBytes = wholeNumber(announced.size, "a size", limitBytes);
    this.#chunks = wholeNumber(announced.chunks, "a count of chunks", CHUNKS_MAX);
  }

  /** Takes the chunk of that index; the whole payload once it is complete. Throws `FrameError` on a gap, a surplus or a wrong sum. */
  add(index: number, piece: Uint8Array): Uint8Array | undefined {
    if (index !== this.#pieces.length) throw new FrameError({ expected: `chunk ${this.#pieces.length}`, found: `chunk ${index}` });
    this.#pieces.push(piece);
    this.#receivedBytes += piece.length;
    const isLast = this.#pieces.length === this.#chunks;
    const isSumRight = isLast ? this.#receivedBytes === this.sizeBytes : this.#receivedBytes < this.sizeBytes;
    if (!isSumRight)
      throw new FrameError({
        expected: `${this.sizeBytes} bytes in ${this.#chunks} chunks`,
        found: `${this.#receivedBytes} bytes in ${this.#pieces.length}`,
      });
    return isLast ? concatBytes(...this.#pieces) : undefined;
  }
}

/** Parses a header of decimal digits in 0..`max`. */
export function wholeNumber(text: string | undefined, what: string, max: number): number {
  const value = text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new FrameError({ expected: `${what} of 0..${max}`, found: String(text) });
  return value;
}
