import type { Item, Tensor } from "@lamina/codec";
import { elementBytes } from "@lamina/codec";
import { assert } from "@lamina/primitives";
import { InvalidItemError } from "./inference-error.ts";
import type { ModelSignature, NamedTensor, ProfileShapes } from "./signature.ts";

/** Throws `InvalidItemError` where an item differs from the profile in the number, type, shape or size of its tensors, or holds a float that is not finite. */
export function checkItem(signature: ModelSignature, profile: ProfileShapes, item: Item): void {
  if (item.length !== signature.inputs.length) throw mismatch("item", `${signature.inputs.length} tensors`, `${item.length}`);
  signature.inputs.forEach((named, index) => {
    const tensor = item[index];
    const shape = profile.inputs[index];
    assert(tensor !== undefined && shape !== undefined, "a profile has a shape for every input");
    checkTensor(named, shape, tensor);
    // What a quantiser makes of NaN differs between processors, so no honest worker may be asked.
    if (!allFinite(tensor)) throw mismatch(named.name, "finite numbers", "NaN or an infinity");
  });
}

/** Throws `InvalidItemError` where type, shape or byte length are not the expected ones. */
export function checkTensor(named: NamedTensor, dims: readonly number[], tensor: Tensor): void {
  if (tensor.type !== named.type) throw mismatch(named.name, `element type ${named.type}`, `${tensor.type}`);
  const same = tensor.dims.length === dims.length && tensor.dims.every((dim, axis) => dim === dims[axis]);
  if (!same) throw mismatch(named.name, `shape [${dims.join(", ")}]`, `[${tensor.dims.join(", ")}]`);
  const bytes = byteLength(named, dims);
  if (tensor.data.length !== bytes) throw mismatch(named.name, `${bytes} bytes`, `${tensor.data.length}`);
}

/** Bytes of a tensor of this type and shape. */
export function byteLength(named: NamedTensor, dims: readonly number[]): number {
  const size = elementBytes(named.type);
  assert(size !== undefined, "an element type has a size");
  return dims.reduce((product, dim) => product * dim, size);
}

/** Puts items below each other on axis 0. All items have passed `checkItem` for the profile. */
export function stack(signature: ModelSignature, profile: ProfileShapes, items: readonly Item[]): Tensor[] {
  return signature.inputs.map((named, index) => {
    const dims = profile.inputs[index] ?? [];
    const bytes = byteLength(named, dims);
    const data = new Uint8Array(bytes * items.length);
    items.forEach((item, at) => data.set(item[index]?.data ?? new Uint8Array(), at * bytes));
    return { type: named.type, dims: [items.length, ...dims.slice(1)], data };
  });
}

/**
 * Cuts a batch of outputs into items; `count` items went in. The parts are copies, so that a small answer does not keep a large frame alive.
 * Throws `InvalidItemError` where the outputs are not the profile's: the process that made them is not to be believed.
 */
export function unstack(signature: ModelSignature, profile: ProfileShapes, count: number, outputs: readonly Tensor[]): Item[] {
  if (outputs.length !== signature.outputs.length) throw mismatch("outputs", `${signature.outputs.length} tensors`, `${outputs.length}`);
  const items = Array.from({ length: count }, (): Tensor[] => []);
  signature.outputs.forEach((named, index) => {
    const dims = profile.outputs[index] ?? [];
    const tensor = outputs[index];
    assert(tensor !== undefined, "outputs were counted");
    checkTensor(named, [count, ...dims.slice(1)], tensor);
    const bytes = byteLength(named, dims);
    items.forEach((item, at) => item.push({ type: named.type, dims: [...dims], data: tensor.data.slice(at * bytes, (at + 1) * bytes) }));
  });
  return items;
}

/** Most bytes that the outputs of one batch can have. */
export function outputBytes(signature: ModelSignature, profile: ProfileShapes, count: number): number {
  return signature.outputs.reduce((sum, named, index) => sum + byteLength(named, profile.outputs[index] ?? []) * count, 0);
}

function allFinite(tensor: Tensor): boolean {
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  if (tensor.type === 1) return everyAt(tensor.data.length, 4, (at) => (view.getUint16(at + 2, true) & 0x7f80) !== 0x7f80);
  if (tensor.type === 10) return everyAt(tensor.data.length, 2, (at) => (view.getUint16(at, true) & 0x7c00) !== 0x7c00);
  if (tensor.type === 11) return everyAt(tensor.data.length, 8, (at) => (view.getUint16(at + 6, true) & 0x7ff0) !== 0x7ff0);
  return true;
}

function everyAt(length: number, step: number, holds: (at: number) => boolean): boolean {
  for (let at = 0; at < length; at += step) if (!holds(at)) return false;
  return true;
}

function mismatch(tensor: string, expected: string, found: string): InvalidItemError {
  return new InvalidItemError({ tensor, expected, found });
}
