import { DecodeError } from "@lamina/primitives";
import { FRAME_HEADER_BYTES } from "./frames.ts";

export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array();

/** Makes frames of a stream of chunks, however it was cut. Holds at most `frameBytesMax` and one chunk: a longer frame is refused by its header. */
export class FrameAssembler {
  readonly #frameBytesMax: number;
  #held: Uint8Array = NOTHING;
  #frame: Uint8Array | undefined;
  #filled = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** The frames that `chunk` completes. Payloads may be views of `chunk`. Throws `DecodeError` for a frame that is too long or empty. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    // Node hands over Buffers, whose `slice` is a view where a Uint8Array's is a copy.
    let rest: Uint8Array = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) rest = this.#frame === undefined ? this.#begin(rest, frames) : this.#fill(this.#frame, rest, frames);
    return frames;
  }

  #begin(chunk: Uint8Array, frames: Frame[]): Uint8Array {
    let rest = chunk;
    if (this.#held.length > 0) {
      rest = new Uint8Array(this.#held.length + chunk.length);
      rest.set(this.#held);
      rest.set(chunk, this.#held.length);
      this.#held = NOTHING;
    }
    if (rest.length < FRAME_HEADER_BYTES) {
      this.#held = rest.slice();
      return NOTHING;
    }
    const length = new DataView(rest.buffer, rest.byteOffset, 4).getUint32(0);
    if (length < 1 || length > this.#frameBytesMax)
      throw new DecodeError("out-of-range", 0, `a frame of 1..${this.#frameBytesMax} bytes`, `${length}`);
    if (rest.length >= 4 + length) {
      frames.push({ kind: rest[4] ?? 0, payload: rest.subarray(FRAME_HEADER_BYTES, 4 + length) });
      return rest.subarray(4 + length);
    }
    this.#frame = new Uint8Array(length);
    this.#filled = 0;
    return rest.subarray(4);
  }

  #fill(frame: Uint8Array, chunk: Uint8Array, frames: Frame[]): Uint8Array {
    const taken = Math.min(frame.length - this.#filled, chunk.length);
    frame.set(chunk.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (this.#filled < frame.length) return NOTHING;
    this.#frame = undefined;
    frames.push({ kind: frame[0] ?? 0, payload: frame.subarray(1) });
    return chunk.subarray(taken);
  }
}
