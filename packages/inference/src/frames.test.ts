import { concatBytes } from "@lamina/primitives";
import { SeededRng } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { FrameAssembler } from "./frame-assembler.ts";
import { FrameKind, failedFrame, loadFrame, readFailedFrame, readLoadFrame, readTensorsFrame, resultFrame, runFrame } from "./frames.ts";

const tensors = [
  { type: 1, dims: [2, 3], data: new Uint8Array(24).fill(7) },
  { type: 7, dims: [2, 1], data: new Uint8Array(16).fill(9) },
] as const;

describe("frames", () => {
  test("come out as they went in, however the stream is cut", () => {
    const load = { provider: "cpu", inputs: ["x"], outputs: ["y"], resultBytesMax: 9 };
    const graph = Uint8Array.from({ length: 300 }, (_, at) => at);
    const stream = concatBytes(
      ...loadFrame(load, graph),
      ...runFrame({ id: 5, tensors }),
      ...failedFrame({ id: 5, code: "RUN_FAILED", message: "ü" }),
    );
    const rng = new SeededRng(1);
    for (let round = 0; round < 50; round++) {
      const assembler = new FrameAssembler(10_000);
      const frames = [];
      for (let at = 0; at < stream.length; ) {
        const length = 1 + rng.below(40);
        frames.push(...assembler.push(Buffer.from(stream.subarray(at, at + length))));
        at += length;
      }
      expect(frames.map((frame) => frame.kind)).toEqual([FrameKind.load, FrameKind.run, FrameKind.failed]);
      expect(readLoadFrame(frames[0]?.payload ?? new Uint8Array())).toEqual({ load, graph });
      expect(readTensorsFrame(frames[1]?.payload ?? new Uint8Array())).toEqual({ id: 5, tensors });
      expect(readFailedFrame(frames[2]?.payload ?? new Uint8Array())).toEqual({ id: 5, code: "RUN_FAILED", message: "ü" });
    }
  });

  test("a frame over the limit is refused by its header, before any of it is held", () => {
    expect(() => new FrameAssembler(100).push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 4))).toThrow(/frame of 1..100 bytes.*4294967295/);
    expect(() => new FrameAssembler(100).push(Uint8Array.of(0, 0, 0, 0, 4))).toThrow(/found 0/);
  });

  test("a result whose tensor is none, or with bytes behind it, is refused", () => {
    const payload = concatBytes(...resultFrame({ id: 1, tensors })).subarray(5);
    expect(() => readTensorsFrame(concatBytes(payload, Uint8Array.of(0)))).toThrow(/expected/);
    expect(() => readTensorsFrame(payload.subarray(0, -1))).toThrow(/expected/);
    const wrongType = payload.slice();
    wrongType[5] = 8;
    expect(() => readTensorsFrame(wrongType)).toThrow(/element type/);
    expect(() => readFailedFrame(new TextEncoder().encode('{"id":1}'))).toThrow(/a failure/);
  });
});
