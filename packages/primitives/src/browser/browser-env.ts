import { BaseError } from "../base-error.ts";
import type { Env, TimerHandle, Timers } from "../env.ts";
import type { FileSystem } from "../file-system.ts";

/** Code that ran in a browser asked for what browsers do not have. */
export class NotInBrowserError extends BaseError<"NOT_IN_BROWSER"> {
  readonly details: { readonly wanted: string };
  constructor(wanted: string) {
    super("NOT_IN_BROWSER", `a browser has no ${wanted}`);
    this.details = { wanted };
  }
}

interface BrowserTimer extends TimerHandle {
  readonly timer: ReturnType<typeof setTimeout>;
}

const RANDOM_CHUNK_BYTES = 65_536;

/** The real world, as a browser gives it: no files and no processes. */
export function browserEnv(): Env {
  return {
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    timers: browserTimers(),
    random: { bytes: randomBytes },
    files: noFiles(),
    spawn: () => {
      throw new NotInBrowserError("processes");
    },
    fetch: (input, init) => fetch(input, init),
    step: () => undefined,
  };
}

function browserTimers(): Timers {
  const handleOf = (timer: ReturnType<typeof setTimeout>): BrowserTimer => ({ timer, unref: () => undefined });
  return {
    setTimeout: (callback, delayMs) => handleOf(setTimeout(callback, delayMs)),
    clearTimeout: (handle) => clearTimeout((handle as BrowserTimer).timer),
    setInterval: (callback, periodMs) => handleOf(setInterval(callback, periodMs)),
    clearInterval: (handle) => clearInterval((handle as BrowserTimer).timer),
    sleep,
  };
}

function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, durationMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let offset = 0; offset < count; offset += RANDOM_CHUNK_BYTES) {
    crypto.getRandomValues(bytes.subarray(offset, offset + RANDOM_CHUNK_BYTES));
  }
  return bytes;
}

function noFiles(): FileSystem {
  const refuse = async () => {
    throw new NotInBrowserError("files");
  };
  return {
    readFile: refuse,
    readRange: refuse,
    writeFileAtomic: refuse,
    createFile: refuse,
    openAppend: refuse,
    truncate: refuse,
    mkdir: refuse,
    readdir: refuse,
    stat: refuse,
    remove: refuse,
    rename: refuse,
    copyFile: refuse,
    symlink: refuse,
    readlink: refuse,
    freeBytes: refuse,
    chmod: refuse,
    chown: refuse,
  };
}
