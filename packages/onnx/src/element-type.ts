/** TensorProto.DataType: number, name, bytes of one element. Strings, complex numbers and types of less than a byte are left out. */
const TYPES = [
  [1, "float32", 4],
  [2, "uint8", 1],
  [3, "int8", 1],
  [4, "uint16", 2],
  [5, "int16", 2],
  [6, "int32", 4],
  [7, "int64", 8],
  [9, "bool", 1],
  [10, "float16", 2],
  [11, "float64", 8],
  [12, "uint32", 4],
  [13, "uint64", 8],
] as const;

const BY_NUMBER: ReadonlyMap<number, { readonly name: string; readonly bytes: number }> = new Map(
  TYPES.map(([number, name, bytes]) => [number, { name, bytes }]),
);

export const FLOAT32 = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;

/** Undefined for types that are not allowed. */
export function elementSize(type: number): number | undefined {
  return BY_NUMBER.get(type)?.bytes;
}

export function elementName(type: number): string {
  return BY_NUMBER.get(type)?.name ?? `type ${type}`;
}

export function isFloat(type: number): boolean {
  return type === FLOAT32 || type === 10 || type === 11;
}
