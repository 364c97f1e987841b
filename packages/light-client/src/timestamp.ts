import { type ByteReader, type ByteWriter, DecodeError } from "@lamina/primitives";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** A moment as CometBFT keeps it: whole seconds since 1970 (UTC) and nanoseconds 0…999,999,999 past them. */
export interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}

const nanosPerSecond = 1_000_000_000n;
/** First second of the year 10000: protobuf's timestamps end before it. */
const secondsEnd = 253_402_300_800n;
const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;

export function timestampFromMs(milliseconds: number): Timestamp {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round(milliseconds - seconds * 1000) * 1_000_000 };
}

/** Nanoseconds since 1970. */
export function timestampToNanos(time: Timestamp): bigint {
  return time.seconds * nanosPerSecond + BigInt(time.nanos);
}

/** Reads RFC 3339 in UTC (`Z`) with at most nine decimals. Throws `DecodeError`. */
export function parseTimestamp(text: string): Timestamp {
  const [, whole, fraction = ""] = rfc3339.exec(text) ?? [];
  const milliseconds = whole === undefined ? Number.NaN : Date.parse(`${whole}Z`);
  const time = Number.isNaN(milliseconds) ? undefined : { seconds: BigInt(milliseconds / 1000), nanos: Number(fraction.padEnd(9, "0")) };
  // A date such as 31 February parses as another day, so what was read is written again and compared.
  if (time === undefined || formatTimestamp(time).slice(0, 19) !== whole)
    throw new DecodeError("unexpected-value", 0, "an RFC 3339 time in UTC", JSON.stringify(text));
  return time;
}

/** RFC 3339 in UTC as Go writes it: the fraction without trailing zeros, none where it is zero. */
export function formatTimestamp(time: Timestamp): string {
  const whole = new Date(Number(time.seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(time.nanos).padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/** google.protobuf.Timestamp. */
export function timestampProtobuf(time: Timestamp): Uint8Array {
  return new ProtobufWriter().varint(1, time.seconds).varint(2, time.nanos).finish();
}

/** 12 bytes: seconds u64, nanoseconds u32. Source: docs/spec/receipt.md, *Light block*. */
export function writeTimestamp(writer: ByteWriter, time: Timestamp): void {
  writer.u64(time.seconds).u32(time.nanos);
}

export function readTimestamp(reader: ByteReader): Timestamp {
  const { offset } = reader;
  const seconds = reader.u64();
  if (seconds >= secondsEnd) throw new DecodeError("out-of-range", offset, `seconds below ${secondsEnd}`, String(seconds));
  const nanos = reader.u32();
  if (nanos >= Number(nanosPerSecond)) throw new DecodeError("out-of-range", offset + 8, `nanoseconds below ${nanosPerSecond}`, String(nanos));
  return { seconds, nanos };
}
