import type { Brand } from "./brand.ts";
import { DecodeError } from "./encoding-error.ts";

/** Lower-case hexadecimal without a prefix, two characters a byte. */
export type Hex = Brand<string, "Hex">;

const DIGITS = "0123456789abcdef";
const BYTE_TO_HEX = Array.from({ length: 256 }, (_, byte) => `${DIGITS[byte >> 4]}${DIGITS[byte & 15]}`);

export function toHex(bytes: Uint8Array): Hex {
  let text = "";
  for (const byte of bytes) text += BYTE_TO_HEX[byte];
  return text as Hex;
}

/** Reads lower-case hex. Upper case is refused: one value has one spelling. Throws `DecodeError`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new DecodeError("invalid-hex", text.length, "an even number of hex digits", `${text.length} characters`);
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = (digitAt(text, 2 * index) << 4) | digitAt(text, 2 * index + 1);
  }
  return bytes;
}

/** Tells whether `text` is hex of exactly `byteLength` bytes, or of any length where none is given. */
export function isHex(text: string, byteLength?: number): text is Hex {
  return text.length % 2 === 0 && (byteLength === undefined || text.length === 2 * byteLength) && /^[0-9a-f]*$/.test(text);
}

function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  throw new DecodeError("invalid-hex", index, "a digit 0-9 or a-f", JSON.stringify(text[index]));
}
