import type { ElementType, Tensor } from "@lamina/codec";
import { tensorProblem } from "@lamina/codec";
import { ByteReader, ByteWriter, DecodeError, decodeUtf8, encodeUtf8 } from "@lamina/primitives";

/**
 * What parent and inference process say to each other, one frame each: `u32 length of what follows ‖ u8 kind ‖ payload`, integers big-endian.
 * Both ends are of one build, so frames carry no version. The parent believes nothing: lengths are bounded before anything is allocated.
 */
export const FrameKind = { load: 1, run: 2, ready: 3, result: 4, failed: 5 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export const FRAME_HEADER_BYTES = 5;

export interface LoadFrame {
  readonly provider: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The process answers with a failure where its outputs would be larger. */
  readonly resultBytesMax: number;
}

export interface RunFrame {
  readonly id: number;
  readonly tensors: readonly Tensor[];
}

export interface FailedFrame {
  /** Of the run; 0 where loading failed. */
  readonly id: number;
  readonly code: "LOAD_FAILED" | "PROVIDER_UNAVAILABLE" | "RUN_FAILED";
  readonly message: string;
}

/** A frame as pieces to be written one after another: large data is not copied. */
export type FramePieces = readonly Uint8Array[];

export function loadFrame(load: LoadFrame, graph: Uint8Array): FramePieces {
  const json = encodeUtf8(JSON.stringify(load));
  const head = new ByteWriter().u32(json.length).fixed(json).finish();
  return framed(FrameKind.load, [head, graph]);
}

export function readLoadFrame(payload: Uint8Array): { load: LoadFrame; graph: Uint8Array } {
  const reader = new ByteReader(payload);
  const json = reader.fixed(reader.u32());
  return { load: JSON.parse(decodeUtf8(json)) as LoadFrame, graph: payload.subarray(reader.offset) };
}

export function runFrame(run: RunFrame): FramePieces {
  return tensorsFrame(FrameKind.run, run);
}

export function resultFrame(run: RunFrame): FramePieces {
  return tensorsFrame(FrameKind.result, run);
}

export function readyFrame(): FramePieces {
  return framed(FrameKind.ready, []);
}

export function failedFrame(failed: FailedFrame): FramePieces {
  return framed(FrameKind.failed, [encodeUtf8(JSON.stringify(failed))]);
}

/** Throws `DecodeError` for what is no failure. */
export function readFailedFrame(payload: Uint8Array): FailedFrame {
  const found: unknown = JSON.parse(decodeUtf8(payload));
  if (isFailedFrame(found)) return found;
  throw new DecodeError("unexpected-value", 0, "a failure with id, code, message", JSON.stringify(found));
}

function isFailedFrame(value: unknown): value is FailedFrame {
  if (typeof value !== "object" || value === null || !("id" in value && "code" in value && "message" in value)) return false;
  return Number.isInteger(value.id) && typeof value.code === "string" && typeof value.message === "string";
}

/** Reads a run or a result. Tensors are views of `payload`. Throws `DecodeError` for what is none. */
export function readTensorsFrame(payload: Uint8Array): RunFrame {
  const reader = new ByteReader(payload);
  const id = reader.u32();
  const tensors = Array.from({ length: reader.u8() }, () => {
    const type = reader.u8() as ElementType;
    const dims = Array.from({ length: reader.u8() }, () => reader.u32());
    const tensor = { type, dims, data: reader.fixed(reader.u32()) };
    const problem = tensorProblem(tensor);
    if (problem !== undefined) throw new DecodeError("unexpected-value", reader.offset, problem.expected, problem.found);
    return tensor;
  });
  reader.expectEnd();
  return { id, tensors };
}

function tensorsFrame(kind: FrameKind, run: RunFrame): FramePieces {
  const pieces: Uint8Array[] = [];
  let head = new ByteWriter().u32(run.id).u8(run.tensors.length);
  for (const tensor of run.tensors) {
    head.u8(tensor.type).u8(tensor.dims.length);
    for (const dim of tensor.dims) head.u32(dim);
    head.u32(tensor.data.length);
    pieces.push(head.finish(), tensor.data);
    head = new ByteWriter();
  }
  return framed(kind, run.tensors.length === 0 ? [head.finish()] : pieces);
}

function framed(kind: FrameKind, pieces: FramePieces): FramePieces {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 1);
  return [new ByteWriter().u32(length).u8(kind).finish(), ...pieces];
}
