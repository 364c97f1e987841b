import type { Tensor } from "@lamina/codec";
import type { Frame } from "../frame-assembler.ts";
import type { FailedFrame, FramePieces, LoadFrame } from "../frames.ts";
import { FrameKind, failedFrame, readLoadFrame, readTensorsFrame, readyFrame, resultFrame } from "../frames.ts";
import { ProviderError } from "../inference-error.ts";
import type { InferenceRuntime, Provider, RuntimeSession } from "../runtime.ts";

const MESSAGE_CHARACTERS_MAX = 500;

export interface FramePipe {
  read(): Frame | undefined;
  write(pieces: FramePieces): void;
}

/**
 * The inference process' whole life: one model is loaded, then runs are answered in order until the parent closes the pipe. What fails is
 * answered as a failure; what kills the process is seen by the parent.
 */
export async function serve(pipe: FramePipe, runtime: InferenceRuntime, step: (name: string) => void | Promise<void>): Promise<void> {
  const loaded = await load(pipe, runtime);
  if (loaded === undefined) return;
  // The file's bytes lie outside the JavaScript heap, whose collector sees no reason to hurry: without this they stay for good.
  globalThis.gc?.();
  await step("inference-child.loaded");
  pipe.write(readyFrame());
  for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
    await step("inference-child.run");
    const answer = await answerRun(loaded, frame);
    await step("inference-child.answer");
    pipe.write(answer);
  }
}

interface Loaded {
  readonly session: RuntimeSession;
  readonly load: LoadFrame;
}

/** A function of its own, so that the file's bytes are free again once the runtime has its copy. */
async function load(pipe: FramePipe, runtime: InferenceRuntime): Promise<Loaded | undefined> {
  const frame = pipe.read();
  if (frame === undefined) return undefined;
  if (frame.kind !== FrameKind.load) throw new Error(`expected a load frame, found kind ${frame.kind}`);
  const { load, graph } = readLoadFrame(frame.payload);
  try {
    const session = await runtime.open(graph, { provider: load.provider as Provider });
    checkNames("inputs", load.inputs, session.inputNames);
    checkNames("outputs", load.outputs, session.outputNames);
    return { session, load };
  } catch (error) {
    const lacksProvider = error instanceof ProviderError;
    pipe.write(lacksProvider ? failed(0, "PROVIDER_UNAVAILABLE", error.details.reason) : failed(0, "LOAD_FAILED", error));
    return undefined;
  }
}

/** The graph may have no input that the manifest does not name; outputs beyond the manifest's are not computed. */
function checkNames(what: "inputs" | "outputs", expected: readonly string[], found: readonly string[]): void {
  const missing = expected.find((name) => !found.includes(name));
  const unknown = what === "inputs" ? found.find((name) => !expected.includes(name)) : undefined;
  if (missing !== undefined || unknown !== undefined) throw new Error(`${what}: expected ${expected.join(", ")}, found ${found.join(", ")}`);
}

async function answerRun({ session, load }: Loaded, frame: Frame): Promise<FramePieces> {
  if (frame.kind !== FrameKind.run) throw new Error(`expected a run frame, found kind ${frame.kind}`);
  const run = readTensorsFrame(frame.payload);
  try {
    const inputs = new Map(load.inputs.map((name, index): [string, Tensor] => [name, run.tensors[index] as Tensor]));
    const tensors = await session.run(inputs, load.outputs);
    const bytes = tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
    if (bytes > load.resultBytesMax) throw new Error(`expected at most ${load.resultBytesMax} bytes of outputs, found ${bytes}`);
    return resultFrame({ id: run.id, tensors });
  } catch (error) {
    return failed(run.id, "RUN_FAILED", error);
  }
}

function failed(id: number, code: FailedFrame["code"], error: unknown): FramePieces {
  const message = error instanceof Error ? error.message : String(error);
  return failedFrame({ id, code, message: message.slice(0, MESSAGE_CHARACTERS_MAX) });
}
