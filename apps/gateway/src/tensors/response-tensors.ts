import { datatypeOf, type ResponseTensor } from "@lamina/api";
import { elementBytes, type Item, type Manifest } from "@lamina/codec";
import { concatBytes } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import { bytesToCells } from "./json-cells.ts";

/** One output over all items of a job: axis 0 counts them again. */
export interface OutputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly type: Item[number]["type"];
}

/** The outputs in the manifest's order. */
export function outputTensors(manifest: Pick<Manifest, "outputs">, items: readonly Item[]): OutputTensor[] {
  return manifest.outputs.map(({ name, type }, index) => {
    const parts = items.map((item) => item[index]?.data ?? new Uint8Array());
    const dims = items[0]?.[index]?.dims ?? [];
    return {
      name,
      datatype: datatypeOf(type),
      shape: [items.length, ...dims.slice(1)],
      bytes: parts.length === 1 ? (parts[0] ?? new Uint8Array()) : concatBytes(...parts),
      type,
    };
  });
}

/** With its elements as JSON, exactly. Throws `GatewayError` for a datatype that has no JSON form. */
export function toJsonTensor({ name, datatype, shape, bytes, type }: OutputTensor): ResponseTensor {
  const data = bytesToCells(type, elementBytes(type) ?? 1, bytes);
  if (data === undefined) {
    throw new GatewayError("invalid_tensor", `output ${JSON.stringify(name)} is of a datatype without a JSON form: ask for binary data`, {
      param: name,
    });
  }
  return { name, datatype, shape: [...shape], data };
}
