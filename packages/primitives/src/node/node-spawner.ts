import type { ChildProcess, StdioOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { ByteChannel, ChildExit, ChildHandle, ProcessSpawner, Signal, SpawnOptions, StreamTarget } from "../process-spawner.ts";
import { SpawnError } from "../process-spawner.ts";
import { byteSink } from "./node-streams.ts";

/** Starts real processes. */
export const nodeSpawner: ProcessSpawner = (command, args, options) => {
  const opened: number[] = [];
  try {
    const stdio = layOutStdio(options, opened);
    const child = spawn(command, args, {
      stdio,
      env: { ...options.env },
      detached: options.detached ?? false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    return wrap(child, command, options);
  } catch (error) {
    throw new SpawnError({ command, reason: error instanceof Error ? error.message : String(error) }, { cause: error });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
};

function layOutStdio(options: SpawnOptions, opened: number[]): Exclude<StdioOptions, string> {
  const { stdin = "pipe", stdout = "pipe", stderr = "pipe" } = options.stdio ?? {};
  const target = (stream: StreamTarget) => {
    if (typeof stream === "string") return stream;
    const descriptor = openSync(stream.appendTo, "a", 0o600);
    opened.push(descriptor);
    return descriptor;
  };
  const channels = Array.from({ length: options.channels ?? 0 }, () => "pipe" as const);
  return [stdin, target(stdout), target(stderr), ...channels];
}

function wrap(child: ChildProcess, command: string, options: SpawnOptions): ChildHandle {
  return {
    pid: child.pid,
    stdin: child.stdin === null ? undefined : byteSink(child.stdin),
    stdout: child.stdout ?? undefined,
    stderr: child.stderr ?? undefined,
    channels: child.stdio.slice(3).map((stream) => channel(stream as Readable & Writable)),
    exited: exitOf(child, command),
    kill: (signal = "SIGTERM") => kill(child, signal, options.detached === true),
    unref: () => child.unref(),
  };
}

function channel(stream: Readable & Writable): ByteChannel {
  return { sink: byteSink(stream), source: stream };
}

function exitOf(child: ChildProcess, command: string): Promise<ChildExit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.on("error", (cause) => {
      if (child.pid !== undefined) return; // A signal that could not be sent: `kill` has told its caller.
      resolve({ code: null, signal: null, error: new SpawnError({ command, reason: cause.message }, { cause }) });
    });
  });
}

function kill(child: ChildProcess, signal: Signal, wholeGroup: boolean): boolean {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
  if (!wholeGroup) return child.kill(signal);
  try {
    return process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
