import { DecodeError, EncodeError } from "./encoding-error.ts";

// By hand, because receipts are verified in contexts that have neither TextEncoder nor TextDecoder.

/** Encodes text as UTF-8. A lone surrogate has no UTF-8 form and throws `EncodeError` (TextEncoder would silently replace it). */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let offset = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80) {
      bytes[offset++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdfff) throw new EncodeError("well-formed text", `a lone surrogate ${point.toString(16)}`);
    offset = writeMultibyte(bytes, offset, point);
  }
  return bytes.slice(0, offset);
}

function writeMultibyte(bytes: Uint8Array, start: number, point: number): number {
  const extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const lead = [0, 0xc0, 0xe0, 0xf0][extra] as number;
  bytes[start] = lead | (point >> (6 * extra));
  for (let index = 1; index <= extra; index++) bytes[start + index] = 0x80 | ((point >> (6 * (extra - index))) & 63);
  return start + extra + 1;
}

/** Decodes UTF-8 strictly (RFC 3629): overlong forms, surrogates, code points past 10FFFF and cut sequences throw `DecodeError`; a byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  const chunks: string[] = [];
  let points: number[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { point, length } = readPoint(bytes, offset);
    points.push(point);
    offset += length;
    if (points.length === 4096) {
      chunks.push(String.fromCodePoint(...points));
      points = [];
    }
  }
  chunks.push(String.fromCodePoint(...points));
  return chunks.join("");
}

function readPoint(bytes: Uint8Array, offset: number): { point: number; length: number } {
  const lead = bytes[offset] as number;
  if (lead < 0x80) return { point: lead, length: 1 };
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0) throw invalid(offset, "a lead byte", lead);
  let point = lead & (0xff >> (length + 1));
  for (let index = 1; index < length; index++) {
    const next = bytes[offset + index];
    if (next === undefined || next >> 6 !== 2) throw invalid(offset + index, "a continuation byte", next);
    point = (point << 6) | (next & 63);
  }
  const least = [0, 0, 0x80, 0x800, 0x10000][length] as number;
  if (point < least) throw invalid(offset, "the shortest form", lead);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw invalid(offset, "a Unicode scalar value", lead);
  return { point, length };
}

function invalid(offset: number, expected: string, found: number | undefined): DecodeError {
  return new DecodeError("invalid-utf8", offset, expected, found === undefined ? "the end" : `byte ${found.toString(16).padStart(2, "0")}`);
}
