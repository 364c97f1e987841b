import { elementTypeOf } from "@lamina/api/datatype";
import { elementBytes } from "@lamina/codec";
import { InvalidRequestError } from "../client/client-error.ts";
import type { NamedTensor, TensorInput } from "./client-tensor.ts";
import { elementsToBytes } from "./elements.ts";

/** An input with its bytes, checked against its own shape. Throws `InvalidRequestError` that names the tensor. */
export function namedTensor({ name, datatype, shape, data, bytes }: TensorInput): NamedTensor {
  const type = elementTypeOf(datatype);
  if (type === undefined) throw new InvalidRequestError(name, "a datatype of the Open Inference Protocol", JSON.stringify(datatype));
  if (shape.length === 0 || shape.some((dim) => !Number.isSafeInteger(dim) || dim < 1))
    throw new InvalidRequestError(name, "a shape of at least one axis, none empty", `[${shape.join(", ")}]`);
  if ((data === undefined) === (bytes === undefined))
    throw new InvalidRequestError(name, "either data or bytes", data === undefined ? "neither" : "both");
  const own = bytes ?? elementsToBytes(name, type, data ?? []);
  const expected = shape.reduce((product, dim) => product * dim, elementBytes(type) ?? 1);
  if (own.length !== expected) throw new InvalidRequestError(name, `${expected} bytes for shape [${shape.join(", ")}]`, `${own.length}`);
  return { name, datatype, shape, type, bytes: own };
}

/** How many items the tensors of one request have together. Throws `InvalidRequestError` where they differ, or a name comes twice. */
export function itemCountOf(tensors: readonly NamedTensor[]): number {
  const [first] = tensors;
  if (first === undefined) throw new InvalidRequestError("inputs", "at least one tensor", "none");
  const count = first.shape[0] ?? 0;
  const other = tensors.find(({ shape }) => shape[0] !== count);
  if (other !== undefined) throw new InvalidRequestError(other.name, `${count} items on axis 0, as ${first.name} has`, `${other.shape[0]}`);
  const twice = tensors.find(({ name }, at) => tensors.findIndex((each) => each.name === name) !== at);
  if (twice !== undefined) throw new InvalidRequestError(twice.name, "each input once", "twice");
  return count;
}
