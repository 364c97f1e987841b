import { readSync, writeSync } from "node:fs";
import type { Frame } from "../frame-assembler.ts";
import type { FramePieces } from "../frames.ts";
import { FRAME_HEADER_BYTES } from "../frames.ts";

/**
 * The process' end of the pipe to its parent, read and written synchronously: between two runs there is nothing else to do, and a blocking read
 * wakes faster than an event loop. The descriptor must be a blocking one, as those are that a parent hands down.
 */
export class Pipe {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The next frame, or undefined where the parent closed its end. The payload is a buffer of its own. */
  read(): Frame | undefined {
    const header = this.#readFully(FRAME_HEADER_BYTES);
    if (header === undefined) return undefined;
    const length = new DataView(header.buffer).getUint32(0);
    const payload = this.#readFully(length - 1);
    return payload === undefined ? undefined : { kind: header[4] ?? 0, payload };
  }

  write(pieces: FramePieces): void {
    const frame = Buffer.concat(pieces);
    for (let written = 0; written < frame.length; ) written += writeSync(this.#descriptor, frame, written);
  }

  #readFully(length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const count = readSync(this.#descriptor, bytes, filled, length - filled, null);
      if (count === 0) return undefined;
      filled += count;
    }
    return bytes;
  }
}
