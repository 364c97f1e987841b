import { type ByteReader, type ByteWriter, DecodeError, decodeUtf8, EncodeError, encodeUtf8 } from "@lamina/primitives";

/** `str8`: a u8 length and that many bytes of UTF-8. Throws `EncodeError` for more than 255 bytes. Source: docs/spec/encoding.md. */
export function writeStr8(writer: ByteWriter, text: string): void {
  const bytes = atMost(encodeUtf8(text), 0xff, "str8");
  writer.u8(bytes.length).fixed(bytes);
}

/** `str16`: likewise with a u16 length. */
export function writeStr16(writer: ByteWriter, text: string): void {
  writeBytes16(writer, encodeUtf8(text));
}

/** `bytes16`: a u16 length and that many bytes. */
export function writeBytes16(writer: ByteWriter, bytes: Uint8Array): void {
  atMost(bytes, 0xffff, "bytes16");
  writer.u16(bytes.length).fixed(bytes);
}

/** `bytes32`: a u32 length and that many bytes. */
export function writeBytes32(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u32(bytes.length).fixed(bytes);
}

export function readStr8(reader: ByteReader, field: string): string {
  return readText(reader, reader.u8(), field);
}

export function readStr16(reader: ByteReader, field: string): string {
  return readText(reader, reader.u16(), field);
}

export function readBytes16(reader: ByteReader, field: string): Uint8Array {
  return reader.fixed(reader.u16(), field);
}

export function readBytes32(reader: ByteReader, field: string): Uint8Array {
  return reader.fixed(reader.u32(), field);
}

function readText(reader: ByteReader, length: number, field: string): string {
  const start = reader.offset;
  const bytes = reader.fixed(length, field);
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // Offsets are told from the start of the whole, not of the string.
    throw new DecodeError(error.details.kind, start + error.details.offset, error.details.expected, error.details.found);
  }
}

function atMost(bytes: Uint8Array, max: number, kind: string): Uint8Array {
  if (bytes.length > max) throw new EncodeError(`${kind}: at most ${max} bytes`, `${bytes.length}`);
  return bytes;
}
