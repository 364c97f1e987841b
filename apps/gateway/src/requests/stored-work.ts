import { decodeTensorsFile, encodeTensorsFile, type Item, readBytes16, readBytes32, writeBytes16, writeBytes32 } from "@lamina/codec";
import { ByteReader, ByteWriter } from "@lamina/primitives";
import type { WorkOrder } from "../jobs/work-order.ts";

/** The part of an order that must be kept to run it later; the rest stands in columns. */
export interface StoredWork {
  readonly profileId: number;
  readonly level: number;
  readonly param: number;
  readonly reference: Uint8Array;
  readonly chargeMax: bigint | undefined;
  readonly items: readonly Item[];
}

export function encodeWork(order: WorkOrder): Uint8Array {
  const writer = new ByteWriter().u8(1).u16(order.profile.id).u8(order.level).u8(order.param);
  writeBytes16(writer, order.reference);
  writer.u8(order.chargeMax === undefined ? 0 : 1).u64(order.chargeMax ?? 0n);
  writeBytes32(writer, encodeTensorsFile(order.items));
  return writer.finish();
}

/** Throws `DecodeError`. */
export function decodeWork(bytes: Uint8Array): StoredWork {
  const reader = new ByteReader(bytes);
  reader.u8();
  const [profileId, level, param] = [reader.u16(), reader.u8(), reader.u8()];
  const reference = readBytes16(reader, "reference");
  const isLimited = reader.u8() === 1;
  const chargeMax = reader.u64();
  const items = decodeTensorsFile(readBytes32(reader, "items"));
  reader.expectEnd();
  return { profileId, level, param, reference, chargeMax: isLimited ? chargeMax : undefined, items };
}
