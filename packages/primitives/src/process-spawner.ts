import { BaseError } from "./base-error.ts";

/** Where a child's stream leads: a pipe to us, nowhere, our own stream, or the end of a file. */
export type StreamTarget = "pipe" | "ignore" | "inherit" | { readonly appendTo: string };

export interface SpawnOptions {
  /** The whole environment of the child: nothing of ours is inherited, so that no secret leaks into it (T62). */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** stdin, stdout, stderr; each `pipe` where not given. */
  readonly stdio?: { readonly stdin?: "pipe" | "ignore" | "inherit"; readonly stdout?: StreamTarget; readonly stderr?: StreamTarget };
  /** Further two-way pipes at file descriptors 3, 4, ... of the child. */
  readonly channels?: number;
  /** Puts the child at the head of its own process group, so that it outlives us and can be signalled with its children. */
  readonly detached?: boolean;
}

/** Where bytes go. `write` resolves when the sink is ready for more. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

export interface ByteChannel {
  readonly sink: ByteSink;
  /** May be iterated once. */
  readonly source: AsyncIterable<Uint8Array>;
}

export type Signal = "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP" | "SIGSTOP" | "SIGCONT" | "SIGQUIT";

export interface ChildExit {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Set where the process never started. */
  readonly error?: SpawnError;
}

export interface ChildHandle {
  /** Undefined where the process never started; `exited` then tells why. */
  readonly pid: number | undefined;
  /** Present where the stream is a pipe. */
  readonly stdin: ByteSink | undefined;
  readonly stdout: AsyncIterable<Uint8Array> | undefined;
  readonly stderr: AsyncIterable<Uint8Array> | undefined;
  /** One per requested channel, file descriptor 3 first. */
  readonly channels: readonly ByteChannel[];
  /** Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Signals the process, or its whole group where it was spawned detached; false where it is gone. */
  kill(signal?: Signal): boolean;
  /** Lets our process end although the child lives. */
  unref(): void;
}

export type ProcessSpawner = (command: string, args: readonly string[], options: SpawnOptions) => ChildHandle;

/** The operating system would not start the command. */
export class SpawnError extends BaseError<"SPAWN_FAILED"> {
  readonly details: { readonly command: string; readonly reason: string };
  constructor(details: { command: string; reason: string }, options?: ErrorOptions) {
    super("SPAWN_FAILED", `cannot start ${details.command}: ${details.reason}`, options);
    this.details = details;
  }
}
