import type { Tensor } from "@lamina/codec";
import type { ByteChannel, ChildHandle, Env, TimerHandle } from "@lamina/primitives";
import { assert } from "@lamina/primitives";
import type { ChildProgram } from "./child-command.ts";
import { childCommand, SYSTEM_PATH } from "./child-command.ts";
import type { Frame } from "./frame-assembler.ts";
import { FrameAssembler } from "./frame-assembler.ts";
import type { LoadFrame } from "./frames.ts";
import { FrameKind, loadFrame, readFailedFrame, readTensorsFrame, runFrame } from "./frames.ts";
import { ChildLostError, DeadlineError, LoadError, ProviderError, RunError } from "./inference-error.ts";

/** Room in a frame beside the outputs: headers, or a failure's message. */
const FRAME_OVERHEAD_BYTES = 8_192;
const COMPLAINT_CHARACTERS = 400;

export interface ChildOptions {
  readonly model: string;
  readonly program: ChildProgram;
  /** Empty and read-only; absolute. */
  readonly cwd: string;
  readonly graph: Uint8Array;
  readonly load: LoadFrame;
  readonly loadBudgetMs: number;
  /** Environment of the process; empty in production. */
  readonly childEnv: Readonly<Record<string, string>>;
}

interface Pending {
  readonly id: number;
  readonly budgetMs: number;
  readonly resolve: (tensors: Tensor[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The parent's hold on one inference process: it starts it, hands it the model, sends runs and takes answers in the same order. Whatever goes
 * wrong (death, silence past the budget, a frame too long, an answer to nothing) ends the process by SIGKILL and fails what it had (T23, T24).
 */
export class ChildProcess {
  /** Resolves once the process is gone, with what failed its runs. */
  readonly lost: Promise<Error>;
  readonly #options: ChildOptions;
  readonly #env: Pick<Env, "spawn" | "timers" | "step">;
  readonly #child: ChildHandle;
  readonly #channel: ByteChannel;
  readonly #pending: Pending[] = [];
  #watchdog: TimerHandle | undefined;
  #fault: Error | undefined;
  #complaint = "";
  #nextId = 1;

  private constructor(options: ChildOptions, env: Pick<Env, "spawn" | "timers" | "step">) {
    this.#options = options;
    this.#env = env;
    const [command = "", ...args] = childCommand(options.program);
    const stdio = { stdin: "ignore", stdout: "ignore" } as const;
    this.#child = env.spawn(command, args, { env: { PATH: SYSTEM_PATH, ...options.childEnv }, cwd: options.cwd, channels: 1, stdio });
    const channel = this.#child.channels[0];
    assert(channel !== undefined, "a channel was asked for");
    this.#channel = channel;
    void this.#keepComplaint();
    void this.#readFrames();
    this.lost = this.#child.exited.then((exit) => this.#end(exit.error?.message ?? `ended with ${exit.signal ?? `code ${exit.code}`}`));
  }

  /** Starts a process and loads the model. Throws `LoadError`, `ProviderError`, `DeadlineError`, `ChildLostError`. */
  static async start(options: ChildOptions, env: Pick<Env, "spawn" | "timers" | "step">): Promise<ChildProcess> {
    const child = new ChildProcess(options, env);
    try {
      await child.#exchange(loadFrame(options.load, options.graph), options.loadBudgetMs, 0);
      return child;
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Runs sent and not yet answered. */
  get running(): number {
    return this.#pending.length;
  }

  /** One batch. The budget counts from when the process turns to it. Throws `RunError`, `DeadlineError`, `ChildLostError`. */
  run(tensors: readonly Tensor[], budgetMs: number): Promise<Tensor[]> {
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    return this.#exchange(runFrame({ id, tensors }), budgetMs, id);
  }

  /** Kills the process and waits until it is gone. */
  async stop(): Promise<void> {
    this.#fail("stopped");
    await this.lost;
  }

  #exchange(pieces: readonly Uint8Array[], budgetMs: number, id: number): Promise<Tensor[]> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    const answer = new Promise<Tensor[]>((resolve, reject) => this.#pending.push({ id, budgetMs, resolve, reject }));
    if (this.#pending.length === 1) this.#watch();
    void this.#write(pieces);
    return answer;
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    const small = pieces.reduce((sum, piece) => sum + piece.length, 0) < 65_536;
    try {
      // One system call for a small frame; a model's 90 MB are not copied.
      await Promise.all((small ? [Buffer.concat(pieces)] : pieces).map((piece) => this.#channel.sink.write(piece)));
    } catch (error) {
      this.#fail(`cannot be written to: ${messageOf(error)}`);
    }
  }

  async #readFrames(): Promise<void> {
    const assembler = new FrameAssembler(this.#options.load.resultBytesMax + FRAME_OVERHEAD_BYTES);
    try {
      for await (const chunk of this.#channel.source) for (const frame of assembler.push(chunk)) this.#accept(frame);
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #accept(frame: Frame): void {
    const pending = this.#pending.shift();
    if (pending === undefined) throw new Error("an answer to nothing");
    this.#watch();
    try {
      this.#settle(pending, frame);
    } catch (error) {
      this.#fail(messageOf(error), pending);
    }
  }

  #settle(pending: Pending, frame: Frame): void {
    if (frame.kind === FrameKind.failed) {
      pending.reject(this.#failure(pending, frame));
    } else if (pending.id === 0) {
      if (frame.kind !== FrameKind.ready) throw new Error(`expected a ready frame, found kind ${frame.kind}`);
      pending.resolve([]);
    } else {
      if (frame.kind !== FrameKind.result) throw new Error(`expected a result frame, found kind ${frame.kind}`);
      const result = readTensorsFrame(frame.payload);
      if (result.id !== pending.id) throw new Error(`expected the answer to run ${pending.id}, found ${result.id}`);
      pending.resolve([...result.tensors]);
    }
  }

  #failure(pending: Pending, frame: Frame): Error {
    const failed = readFailedFrame(frame.payload);
    if (failed.id !== pending.id) throw new Error(`expected the failure of run ${pending.id}, found ${failed.id}`);
    const { model, load } = this.#options;
    if (pending.id !== 0) return new RunError({ model, reason: failed.message });
    if (failed.code === "PROVIDER_UNAVAILABLE") return new ProviderError({ provider: load.provider, reason: failed.message });
    return new LoadError({ model, reason: failed.message });
  }

  /** Starts the clock of the run at the head of the line: the process answers in order. */
  #watch(): void {
    if (this.#watchdog !== undefined) this.#env.timers.clearTimeout(this.#watchdog);
    const head = this.#pending[0];
    this.#watchdog = head === undefined ? undefined : this.#env.timers.setTimeout(() => this.#overdue(head), head.budgetMs);
  }

  #overdue(head: Pending): void {
    if (this.#pending[0] !== head) return;
    this.#pending.shift();
    head.reject(new DeadlineError({ model: this.#options.model, budgetMs: head.budgetMs, phase: head.id === 0 ? "loading" : "running" }));
    this.#fail(`no answer within ${head.budgetMs} ms`);
  }

  #fail(reason: string, answered?: Pending): void {
    const fault = this.#end(reason);
    answered?.reject(fault);
    this.#child.kill("SIGKILL");
  }

  /** The first reason counts; everything pending fails with it. */
  #end(reason: string): Error {
    const complaint = this.#complaint === "" ? "" : ` (${this.#complaint})`;
    this.#fault ??= new ChildLostError({ model: this.#options.model, reason: `${reason}${complaint}` });
    if (this.#watchdog !== undefined) this.#env.timers.clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#fault);
    return this.#fault;
  }

  /** Keeps the end of what the process wrote to stderr, to be told with its death. Nothing of a run is printed there. */
  async #keepComplaint(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.#child.stderr ?? []) {
        this.#complaint = (this.#complaint + decoder.decode(chunk, { stream: true })).slice(-COMPLAINT_CHARACTERS).trimEnd();
      }
    } catch (error) {
      this.#complaint = `stderr: ${messageOf(error)}`;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
