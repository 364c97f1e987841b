import { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { ByteChannel, ByteSink } from "../process-spawner.ts";

/** A stream as a sink: a write resolves once the bytes are handed over, and rejects when the other end is gone. */
export function byteSink(stream: Writable): ByteSink {
  // Each failed write rejects for its own caller; without a listener Node would end the process as well.
  stream.on("error", () => undefined);
  return {
    write: (bytes) => new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve()))),
    end: () =>
      new Promise((resolve) => {
        stream.once("close", resolve);
        stream.end(() => resolve());
      }),
  };
}

/** The child's end of a channel that its parent asked for with `channels`: `fileDescriptor` 3 is the first. */
export function inheritedChannel(fileDescriptor: number): ByteChannel {
  const socket = new Socket({ fd: fileDescriptor, readable: true, writable: true });
  return { sink: byteSink(socket), source: socket };
}
