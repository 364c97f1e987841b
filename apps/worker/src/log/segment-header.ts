import { type LogId, readStr8, writeStr8 } from "@lamina/codec";
import { ByteReader, ByteWriter, bytesEqual, type ChainId, type Digest, digest, toHex } from "@lamina/primitives";
import { JournalCorruptError } from "./log-error.ts";

const MAGIC = "lamina/worker-journal/1";

/** What a segment begins with: whose log it is a piece of, and where the piece begins. */
export interface SegmentHeader {
  readonly start: bigint;
  /** `head(start)`. */
  readonly head: Digest;
}

export function writeSegmentHeader(chainId: ChainId, log: LogId, header: SegmentHeader): Uint8Array {
  const writer = new ByteWriter();
  writeStr8(writer, MAGIC);
  writeStr8(writer, chainId);
  writer.fixed(log.worker, 32).u8(log.level).u8(log.param).u32(log.incarnation);
  return writer.u64(header.start).fixed(header.head, 32).finish();
}

/** Throws `JournalCorruptError` where it is another chain's, key's or log's (I32, I34); `DecodeError` where it is no header. */
export function readSegmentHeader(path: string, bytes: Uint8Array, chainId: ChainId, log: LogId): SegmentHeader {
  const reader = new ByteReader(bytes);
  const expect = (expected: string, found: string) => {
    if (expected !== found) throw new JournalCorruptError({ path, expected, found });
  };
  expect(MAGIC, readStr8(reader, "magic"));
  expect(`the chain ${chainId}`, `the chain ${readStr8(reader, "chain id")}`);
  const worker = reader.fixed(32, "worker");
  if (!bytesEqual(worker, log.worker)) expect(`the key ${toHex(log.worker)}`, `the key ${toHex(worker)}`);
  expect(nameOf(log.level, log.param, log.incarnation), nameOf(reader.u8(), reader.u8(), reader.u32()));
  const header = { start: reader.u64(), head: digest(reader.fixed(32, "head")) };
  reader.expectEnd();
  return header;
}

function nameOf(level: number, param: number, incarnation: number): string {
  return `level ${level}, param ${param}, incarnation ${incarnation}`;
}
