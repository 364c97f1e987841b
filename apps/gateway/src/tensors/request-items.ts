import { datatypeOf, elementTypeOf, type RequestTensor } from "@lamina/api";
import { ElementType, elementBytes, type Item, type Manifest, type Profile, type Tensor } from "@lamina/codec";
import { checkItem, InvalidItemError } from "@lamina/inference";
import { GatewayError } from "../gateway-error.ts";
import { cellsToBytes } from "./json-cells.ts";

/** Items of a job and the profile that they run at. */
export interface ShapedInput {
  readonly profile: Profile;
  readonly items: readonly Item[];
}

/** A request's tensor with its bytes, whichever way they came. */
interface ReadTensor extends RequestTensor {
  readonly bytes: Uint8Array;
}

/** Bytes that came after the JSON part, by tensor name. */
export type BinaryInputs = ReadonlyMap<string, Uint8Array>;

const NO_BINARY: BinaryInputs = new Map();

/**
 * Cuts a request's tensors into items along axis 0 and fits them to the smallest profile that holds them, filling up where the model is padded.
 * Throws `GatewayError` that names the tensor at fault.
 */
export function itemsOfTensors(
  manifest: Manifest,
  tensors: readonly RequestTensor[],
  itemsMax: number,
  binary: BinaryInputs = NO_BINARY,
): ShapedInput {
  const stranger = tensors.find(({ name }) => !manifest.inputs.some((input) => input.name === name));
  if (stranger !== undefined) throw bad(stranger.name, `the model has no such input; it has ${manifest.inputs.map(({ name }) => name).join(", ")}`);
  const given = manifest.inputs.map(({ name, type }) => findTensor(tensors, name, type));
  const count = itemCount(given, itemsMax);
  const profile = fittingProfile(manifest, given);
  const read = given.map((tensor, index) => ({ ...tensor, bytes: bytesOf(tensor, manifest.inputs[index]?.type ?? ElementType.float32, binary) }));
  const items = Array.from({ length: count }, (_, at) => read.map((tensor, index) => cut(manifest, profile, tensor, index, at, count)));
  for (const item of items) requireItem(manifest, profile, item);
  return { profile, items };
}

/** The one tensor of that name, of the input's type and not empty. */
function findTensor(tensors: readonly RequestTensor[], name: string, type: ElementType): RequestTensor {
  const [tensor, second] = tensors.filter((each) => each.name === name);
  if (tensor === undefined) throw bad(name, "this input is missing");
  if (second !== undefined) throw bad(name, "this input is given twice");
  const found = elementTypeOf(tensor.datatype);
  if (found === undefined) throw bad(name, `unknown datatype ${JSON.stringify(tensor.datatype)}`);
  if (found !== type) throw bad(name, `expected datatype ${datatypeOf(type)}, found ${tensor.datatype}`);
  if (tensor.shape.length === 0 || tensor.shape.includes(0)) throw bad(name, "the input is empty");
  return tensor;
}

/** The tensor's elements, little-endian, from its JSON or from behind it. Its shape fits a profile, so it is no mere claim. */
function bytesOf({ name, shape, data }: RequestTensor, type: ElementType, binary: BinaryInputs): Uint8Array {
  const size = elementBytes(type) ?? 1;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const bytes = binary.get(name);
  if (bytes === undefined && data === undefined) throw bad(name, "the tensor has no data");
  if (bytes !== undefined && data !== undefined) throw bad(name, "the tensor has both data and binary data");
  if (bytes !== undefined && bytes.length !== count * size) throw bad(name, `expected ${count * size} bytes of binary data, found ${bytes.length}`);
  if (bytes !== undefined) return bytes;
  if (count > CELLS_MAX) throw bad(name, `expected at most ${CELLS_MAX} elements, the shape says ${count}`);
  return cellsToBytes(name, type, size, count, data ?? []);
}

/** More numbers than this do not fit a body of 1 MB: nothing is reserved for a shape that claims them. */
const CELLS_MAX = 1_048_576;

function itemCount(tensors: readonly RequestTensor[], itemsMax: number): number {
  const [first] = tensors;
  const count = first?.shape[0] ?? 0;
  const other = tensors.find(({ shape }) => shape[0] !== count);
  if (other !== undefined) throw bad(other.name, `axis 0 counts the items: expected ${count}, found ${other.shape[0]}`);
  if (count > itemsMax) throw bad(first?.name ?? "", `expected at most ${itemsMax} items, found ${count}`);
  return count;
}

/** The smallest profile whose shapes hold the tensors; of a padded model axis 1 may be shorter. */
function fittingProfile(manifest: Manifest, tensors: readonly RequestTensor[]): Profile {
  const fits = (profile: Profile) => tensors.every((tensor, index) => shapeProblem(manifest, profile, tensor, index) === undefined);
  const fitting = manifest.profiles.filter(fits).sort((left, right) => (left.unitsPerItem < right.unitsPerItem ? -1 : 1));
  if (fitting[0] !== undefined) return fitting[0];
  const largest = manifest.profiles.at(-1);
  for (const [index, tensor] of tensors.entries()) {
    const problem = largest === undefined ? undefined : shapeProblem(manifest, largest, tensor, index);
    if (problem !== undefined) throw bad(tensor.name, problem);
  }
  throw bad(tensors[0]?.name ?? "", "no profile of the model holds these shapes together");
}

function shapeProblem(manifest: Manifest, profile: Profile, { shape }: RequestTensor, index: number): string | undefined {
  const expected = profile.inputs[index] ?? [];
  const isPadded = manifest.padding !== undefined;
  const fits =
    shape.length === expected.length &&
    shape.every((dim, axis) => axis === 0 || dim === expected[axis] || (isPadded && axis === 1 && dim <= (expected[axis] ?? 0)));
  if (fits) return undefined;
  const wanted = expected.map((dim, axis) => (axis === 0 ? "n" : isPadded && axis === 1 ? `1..${dim}` : String(dim)));
  return `expected shape [${wanted.join(", ")}], found [${shape.join(", ")}]`;
}

/** The tensor of one item, filled up at the end of axis 1. */
function cut(manifest: Manifest, profile: Profile, tensor: ReadTensor, index: number, at: number, count: number): Tensor {
  const input = manifest.inputs[index];
  const dims = profile.inputs[index] ?? [];
  const itemBytes = tensor.bytes.length / count;
  const own = tensor.bytes.subarray(at * itemBytes, (at + 1) * itemBytes);
  const type = input?.type ?? 1;
  const size = dims.reduce((product, dim) => product * dim, elementBytes(type) ?? 1);
  if (own.length === size) return { type, dims, data: own };
  return { type, dims, data: padded(own, size, type, manifest.padding?.pads[index] ?? 0n) };
}

/** `own` and then the pad value, up to `size` bytes: the shape has one item, so all that follows axis 1's last element is padding. */
function padded(own: Uint8Array, size: number, type: Tensor["type"], pad: bigint): Uint8Array {
  const data = new Uint8Array(size);
  data.set(own);
  if (pad === 0n) return data;
  const elementSize = elementBytes(type) ?? 1;
  const filler = cellsToBytes("padding", type, elementSize, 1, [Number(pad)]);
  for (let offset = own.length; offset < size; offset += elementSize) data.set(filler, offset);
  return data;
}

function requireItem(manifest: Manifest, profile: Profile, item: Item): void {
  try {
    checkItem(manifest, profile, item);
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    throw new GatewayError(
      "invalid_tensor",
      `tensor ${JSON.stringify(error.details.tensor)}: expected ${error.details.expected}, found ${error.details.found}`,
      { param: error.details.tensor },
      { cause: error },
    );
  }
}

function bad(tensor: string, problem: string): GatewayError {
  return new GatewayError("invalid_tensor", `tensor ${JSON.stringify(tensor)}: ${problem}`, { param: tensor });
}
