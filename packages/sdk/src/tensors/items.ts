import { type ElementType, elementBytes, type Item, type Manifest, type Profile, type Tensor } from "@lamina/codec";
import { concatBytes } from "@lamina/primitives";
import type { NamedTensor } from "./client-tensor.ts";

/** Cuts tensors into items along axis 0, as they are: for models that pad nothing. `tensors` have the same axis 0. */
export function exactItems(tensors: readonly NamedTensor[]): Item[] {
  const count = tensors[0]?.shape[0] ?? 0;
  return Array.from({ length: count }, (_, at) => tensors.map((tensor) => cut(tensor, [1, ...tensor.shape.slice(1)], at, count)));
}

/** The items that a job of these inputs must commit to at `profile`, or why there are none. Source: docs/spec/commitments.md, *Items*; manifest.md, *padding*. */
export function profileItems(manifest: Manifest, profile: Profile, tensors: readonly NamedTensor[]): { items: Item[] } | { problem: string } {
  const count = tensors[0]?.shape[0] ?? 0;
  const stranger = tensors.find(({ name }) => !manifest.inputs.some((input) => input.name === name));
  if (stranger !== undefined) return { problem: `the model has no input ${JSON.stringify(stranger.name)}` };
  const ordered: { tensor: NamedTensor; dims: readonly number[]; pad: bigint }[] = [];
  for (const [index, input] of manifest.inputs.entries()) {
    const tensor = tensors.find(({ name }) => name === input.name);
    const dims = profile.inputs[index] ?? [];
    if (tensor === undefined) return { problem: `the model's input ${JSON.stringify(input.name)} is missing` };
    if (tensor.type !== input.type || !fits(manifest, dims, tensor.shape)) return { problem: `${input.name} does not fit profile ${profile.id}` };
    ordered.push({ tensor, dims, pad: manifest.padding?.pads[index] ?? 0n });
  }
  const items = Array.from({ length: count }, (_, at) => ordered.map(({ tensor, dims, pad }) => padded(cut(tensor, dims, at, count), pad)));
  return { items };
}

/** Outputs over all items, as one tensor each again. */
export function joinItems(items: readonly Item[], index: number): Uint8Array {
  return concatBytes(...items.map((item) => item[index]?.data ?? new Uint8Array()));
}

function fits(manifest: Manifest, dims: readonly number[], shape: readonly number[]): boolean {
  const isPadded = manifest.padding !== undefined;
  return (
    shape.length === dims.length &&
    shape.every((dim, axis) => axis === 0 || dim === dims[axis] || (isPadded && axis === 1 && dim < (dims[axis] ?? 0)))
  );
}

function cut({ type, bytes }: NamedTensor, dims: readonly number[], at: number, count: number): Tensor {
  const size = bytes.length / count;
  return { type, dims, data: bytes.subarray(at * size, (at + 1) * size) };
}

/** Fills up at the end: an item has one row on axis 0, so what axis 1 lacks is what follows. */
function padded(tensor: Tensor, pad: bigint): Tensor {
  const elementSize = elementBytes(tensor.type) ?? 1;
  const size = tensor.dims.reduce((product, dim) => product * dim, elementSize);
  if (tensor.data.length === size) return tensor;
  const data = new Uint8Array(size);
  data.set(tensor.data);
  const filler = padBytes(tensor.type, elementSize, pad);
  for (let offset = tensor.data.length; offset < size; offset += elementSize) data.set(filler, offset);
  return { ...tensor, data };
}

/** One element of the pad value, two's complement where it is an integer. */
function padBytes(type: ElementType, elementSize: number, pad: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (type === 1) view.setFloat32(0, Number(pad), true);
  else if (type === 11) view.setFloat64(0, Number(pad), true);
  else view.setBigUint64(0, BigInt.asUintN(64, pad), true);
  return bytes.subarray(0, elementSize);
}
