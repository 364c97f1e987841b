import { ElementType } from "@lamina/codec";

/** Names of element types in the Open Inference Protocol. */
const NAMES = new Map<string, ElementType>([
  ["BOOL", ElementType.bool],
  ["UINT8", ElementType.uint8],
  ["UINT16", ElementType.uint16],
  ["UINT32", ElementType.uint32],
  ["UINT64", ElementType.uint64],
  ["INT8", ElementType.int8],
  ["INT16", ElementType.int16],
  ["INT32", ElementType.int32],
  ["INT64", ElementType.int64],
  ["FP16", ElementType.float16],
  ["FP32", ElementType.float32],
  ["FP64", ElementType.float64],
]);
const BY_TYPE = new Map([...NAMES].map(([name, type]) => [type, name]));

export const DATATYPES: readonly string[] = [...NAMES.keys()];

export function elementTypeOf(datatype: string): ElementType | undefined {
  return NAMES.get(datatype);
}

export function datatypeOf(type: ElementType): string {
  return BY_TYPE.get(type) ?? "FP32";
}
