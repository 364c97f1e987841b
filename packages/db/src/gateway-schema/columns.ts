import { customType, timestamp } from "drizzle-orm/pg-core";

/** `bytea`, as plain bytes. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  fromDriver: (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
});

/** A moment, to the microsecond, in UTC. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
