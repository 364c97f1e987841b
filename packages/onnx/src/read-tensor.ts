import { elementName, elementSize } from "./element-type.ts";
import type { ModelLimits } from "./limits.ts";
import { contentOf, Message, type MessageRules } from "./message.ts";
import type { StoredTensor } from "./model.ts";
import type { Field } from "./protobuf-reader.ts";
import { readPackedVarints } from "./protobuf-reader.ts";
import { checkLimit, forbidden, malformed, RefusedError } from "./refusal.ts";

/** TensorProto. Typed data comes packed or not; both are read. */
const TENSOR: MessageRules = {
  1: "many", // dims
  2: "once", // data_type
  3: { forbid: "a segmented tensor" },
  4: "many", // float_data
  5: "many", // int32_data: also the smaller integers and bool
  6: { forbid: "a tensor of strings" },
  7: "many", // int64_data
  8: "once", // name
  9: "once", // raw_data
  10: { forbid: "double_data" },
  11: { forbid: "uint64_data" },
  12: "skip",
  13: { forbid: "external data" }, // T22: it may read any file that the process can
  14: "once", // data_location
  16: "skip",
};

/** Reads a tensor and checks that it holds exactly the elements that its shape asks for. */
export function readTensor(bytes: Uint8Array, offset: number, limits: ModelLimits): StoredTensor {
  const message = new Message("a tensor", TENSOR, bytes, offset);
  if ((message.integer(14) ?? 0n) !== 0n) throw forbidden("external data");
  const name = message.text(8, limits.nameBytesMax);
  const type = Number(message.integer(2) ?? 0n);
  const size = elementSize(type);
  if (size === undefined) throw forbidden(`a tensor of ${elementName(type)}`);
  const dims = readDims(message, limits);
  const count = dims.reduce((product, dim) => product * dim, 1);
  checkLimit(`bytes of initialiser ${name}`, count * size, limits.fileBytesMax);
  const data = readData(message, type, count);
  const problem = data.length === count * size ? undefined : `${data.length} bytes of data for ${count} elements of ${elementName(type)}`;
  if (problem !== undefined) throw new RefusedError({ kind: "malformed", offset, reason: `initialiser ${name} has ${problem}` });
  return { name, type, dims, data };
}

function readDims(message: Message, limits: ModelLimits): number[] {
  const dims = message.all(1).flatMap((field) => integersOf(field, limits.rankMax));
  checkLimit("rank of a tensor", dims.length, limits.rankMax);
  return dims.map((dim) => {
    if (dim < 0n || dim > 0x7fff_ffffn) throw malformed(message.offset, `a dimension of ${dim}`);
    return Number(dim);
  });
}

/** Signed 64-bit integers of a repeated field, packed or single. */
export function integersOf(field: Field, countMax: number): bigint[] {
  const unsigned = field.wire === "varint" ? [field.varint] : readPackedVarints(contentOf(field).bytes, field.offset, countMax);
  return unsigned.map((value) => BigInt.asIntN(64, value));
}

const RAW = 9;
const TYPED = [4, 5, 7];

function readData(message: Message, type: number, count: number): Uint8Array {
  const kinds = [RAW, ...TYPED].filter((field) => message.has(field));
  if (kinds.length > 1) throw malformed(message.offset, "a tensor with its data twice");
  if (kinds.length === 0) return new Uint8Array();
  if (kinds[0] === RAW) return message.bytes(RAW)?.bytes ?? new Uint8Array();
  if (kinds[0] === 4) return floatsData(message, type);
  const values = message.all(kinds[0] ?? 0).flatMap((field) => integersOf(field, count));
  if (values.length > count) throw malformed(message.offset, `${values.length} values for ${count} elements`);
  return integersData(message, type, kinds[0] ?? 0, values);
}

function floatsData(message: Message, type: number): Uint8Array {
  if (type !== 1) throw malformed(message.offset, `float_data in a tensor of ${elementName(type)}`);
  const pieces = message.all(4).map((field) => (field.wire === "fixed32" ? field.bytes : contentOf(field).bytes));
  const data = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return data;
}

function integersData(message: Message, type: number, field: number, values: readonly bigint[]): Uint8Array {
  const size = elementSize(type) ?? 0;
  const fits = field === 7 ? type === 7 : [2, 3, 4, 5, 6, 9, 10].includes(type);
  if (!fits) throw malformed(message.offset, `field ${field} in a tensor of ${elementName(type)}`);
  const data = new Uint8Array(values.length * size);
  const view = new DataView(data.buffer);
  values.forEach((value, index) => {
    for (let byte = 0; byte < size; byte++) view.setUint8(index * size + byte, Number((value >> BigInt(8 * byte)) & 0xffn));
  });
  return data;
}
