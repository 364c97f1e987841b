import type { Tensor } from "@lamina/codec";
import type { ChildExit, ChildHandle, ProcessSpawner } from "@lamina/primitives";
import { concatBytes } from "@lamina/primitives";
import { type Frame, FrameAssembler } from "../frame-assembler.ts";
import { FrameKind, type FramePieces, failedFrame, readTensorsFrame, readyFrame, resultFrame } from "../frames.ts";

/** What a fake process does with a frame: pieces to answer with, nothing for silence, "die". */
export type Behaviour = (frame: Frame, child: FakeChild) => FramePieces | undefined | "die" | Promise<FramePieces | undefined | "die">;

/** An inference process without a process: it speaks the frames in memory and dies when killed. */
export class FakeChild {
  readonly runs: (readonly Tensor[])[] = [];
  readonly handle: ChildHandle;
  readonly exited: Promise<ChildExit>;
  killed = false;
  #exit: (exit: ChildExit) => void = () => undefined;
  #answers: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(behaviour: Behaviour) {
    const assembler = new FrameAssembler(1 << 30);
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    const write = async (bytes: Uint8Array) => {
      for (const frame of assembler.push(bytes)) this.#work = this.#work.then(() => this.#answer(frame, behaviour));
    };
    const channel = { sink: { write, end: async () => undefined }, source: this.#source() };
    this.handle = {
      pid: 1,
      stdin: undefined,
      stdout: undefined,
      stderr: undefined,
      channels: [channel],
      exited: this.exited,
      kill: () => this.die("SIGKILL"),
      unref: () => undefined,
    };
  }

  /** Ends the process. */
  die(signal: string): boolean {
    if (this.killed) return false;
    this.killed = true;
    this.#exit({ code: null, signal });
    this.#wake();
    return true;
  }

  async #answer(frame: Frame, behaviour: Behaviour): Promise<void> {
    if (this.killed) return;
    if (frame.kind === FrameKind.run) this.runs.push(readTensorsFrame(frame.payload).tensors);
    const answer = await behaviour(frame, this);
    if (answer === "die") this.die("SIGSEGV");
    else if (answer !== undefined) this.#answers.push(concatBytes(...answer));
    this.#wake();
  }

  async *#source(): AsyncGenerator<Uint8Array> {
    while (!this.killed) {
      const next = this.#answers.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

/** Answers loads, and runs by giving every item's first input back. */
export const echo: Behaviour = (frame) => {
  if (frame.kind === FrameKind.load) return readyFrame();
  const run = readTensorsFrame(frame.payload);
  return resultFrame({ id: run.id, tensors: run.tensors.slice(0, 1) });
};

export function runFailure(frame: Frame, message: string): FramePieces {
  return failedFrame({ id: readTensorsFrame(frame.payload).id, code: "RUN_FAILED", message });
}

/** A spawner of fake processes; `children` are all it started. */
export function fakeSpawner(behaviour: Behaviour): { spawn: ProcessSpawner; children: FakeChild[] } {
  const children: FakeChild[] = [];
  const spawn: ProcessSpawner = () => {
    const child = new FakeChild(behaviour);
    children.push(child);
    return child.handle;
  };
  return { spawn, children };
}
