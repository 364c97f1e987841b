import { ByteReader, ByteWriter, DecodeError, EncodeError } from "@lamina/primitives";
import type { Item } from "./items.ts";
import { readBytes32, writeBytes32 } from "./strings.ts";
import { type ElementType, RANK_MAX, type Tensor, tensorProblem } from "./tensor.ts";

const MAGIC = "LMNTENS1";
const magicBytes = Uint8Array.from(MAGIC, (character) => character.charCodeAt(0));

/** A job's inputs or outputs in one file, as `receipt verify` reads them. Throws `EncodeError`. Source: docs/spec/commitments.md. */
export function encodeTensorsFile(items: readonly Item[]): Uint8Array {
  const tensors = items[0]?.length ?? 0;
  const writer = new ByteWriter().fixed(magicBytes).u32(items.length).u16(tensors);
  for (const item of items) {
    if (item.length !== tensors) throw new EncodeError(`${tensors} tensors in every item`, `${item.length}`);
    for (const tensor of item) writeTensor(writer, tensor);
  }
  return writer.finish();
}

/** Throws `DecodeError` for anything but exactly one such file. */
export function decodeTensorsFile(bytes: Uint8Array): Item[] {
  const reader = new ByteReader(bytes);
  const magic = String.fromCharCode(...reader.fixed(magicBytes.length, "magic"));
  if (magic !== MAGIC) throw new DecodeError("unexpected-value", 0, MAGIC, JSON.stringify(magic));
  const count = reader.u32();
  const tensors = reader.u16();
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    // Without this an item of no tensors would take no bytes, and a short file could ask for 2^32 of them.
    if (tensors === 0) throw new DecodeError("out-of-range", start, "at least one tensor in an item", "0");
    items.push(Array.from({ length: tensors }, () => readTensor(reader)));
  }
  reader.expectEnd();
  return items;
}

function writeTensor(writer: ByteWriter, tensor: Tensor): void {
  const problem = tensorProblem(tensor);
  if (problem !== undefined) throw new EncodeError(problem.expected, problem.found);
  writer.u8(tensor.type).u8(tensor.dims.length);
  for (const dim of tensor.dims) writer.u32(dim);
  writeBytes32(writer, tensor.data);
}

function readTensor(reader: ByteReader): Tensor {
  const start = reader.offset;
  const type = reader.u8() as ElementType;
  const rank = reader.u8();
  if (rank > RANK_MAX) throw new DecodeError("out-of-range", start + 1, `a rank of at most ${RANK_MAX}`, `${rank}`);
  const dims = Array.from({ length: rank }, () => reader.u32());
  const tensor = { type, dims, data: readBytes32(reader, "tensor data") };
  const problem = tensorProblem(tensor);
  if (problem !== undefined) throw new DecodeError("unexpected-value", start, problem.expected, problem.found);
  return tensor;
}
