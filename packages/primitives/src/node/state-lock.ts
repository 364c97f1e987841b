import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { BaseError } from "../base-error.ts";

/** Another process works in the folder. Two that sign from one memory would sign two things under one number. */
export class StateLockedError extends BaseError<"STATE_LOCKED"> {
  readonly details: { readonly folder: string };
  constructor(folder: string, options?: ErrorOptions) {
    super("STATE_LOCKED", `${folder} is in use by another process: stop that one first`, options);
    this.details = { folder };
  }
}

export interface StateLock {
  release(): Promise<void>;
}

/**
 * Takes `folder` (absolute) for this process, until it ends in whatever way: a name in Linux's abstract socket space has one holder and needs no
 * cleaning up after a crash, as a lock file would. Throws `StateLockedError`. Holds among processes of one machine's network namespace.
 */
export async function takeStateLock(folder: string): Promise<StateLock> {
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 40);
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new StateLockedError(folder, { cause })));
    server.listen(`\0lamina-state-${name}`, resolve);
  });
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}
