import type { FileHandle } from "node:fs/promises";
import type { AppendHandle } from "../file-system.ts";
import { toFileError } from "./file-errors.ts";

/** Appends go out in the order of the calls, one at a time, so that records never interleave. */
export function openAppendHandle(path: string, file: FileHandle, startBytes: number): AppendHandle {
  let sizeBytes = startBytes;
  let tail: Promise<void> = Promise.resolve();

  function inTurn(operation: string, work: () => Promise<void>): Promise<void> {
    const done = tail.then(work).catch((error: unknown) => {
      throw toFileError(operation, path, error);
    });
    // A failed operation is reported to its own caller; the next one must still get its turn.
    tail = done.catch(() => undefined);
    return done;
  }

  return {
    path,
    get sizeBytes() {
      return sizeBytes;
    },
    append: (bytes) =>
      inTurn("append to", async () => {
        for (let offset = 0; offset < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, offset);
          offset += bytesWritten;
          sizeBytes += bytesWritten;
        }
      }),
    sync: () => inTurn("sync", () => file.datasync()),
    truncate: (toBytes) =>
      inTurn("truncate", async () => {
        await file.truncate(toBytes);
        sizeBytes = toBytes;
      }),
    close: () => inTurn("close", () => file.close()),
  };
}
