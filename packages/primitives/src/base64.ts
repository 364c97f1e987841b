import { DecodeError } from "./encoding-error.ts";

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 §4, padded. */
export function toBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

/** Reads padded base64 in its one canonical spelling: no white space, no missing padding, no stray bits. Throws `DecodeError`. */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw new DecodeError("invalid-base64", text.length, "a multiple of 4 characters", `${text.length} characters`);
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decode(text.slice(0, text.length - padding), STANDARD);
}

/** RFC 4648 §5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/** Reads unpadded base64url in its one canonical spelling. Throws `DecodeError`. */
export function fromBase64Url(text: string): Uint8Array {
  return decode(text, URL_SAFE);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = "";
  let index = 0;
  for (; index + 2 < bytes.length; index += 3) {
    const group = ((bytes[index] as number) << 16) | ((bytes[index + 1] as number) << 8) | (bytes[index + 2] as number);
    text += `${alphabet[group >> 18]}${alphabet[(group >> 12) & 63]}${alphabet[(group >> 6) & 63]}${alphabet[group & 63]}`;
  }
  const left = bytes.length - index;
  if (left === 0) return text;
  const group = ((bytes[index] as number) << 16) | ((left === 2 ? (bytes[index + 1] as number) : 0) << 8);
  text += `${alphabet[group >> 18]}${alphabet[(group >> 12) & 63]}`;
  return left === 2 ? text + alphabet[(group >> 6) & 63] : text;
}

function decode(text: string, alphabet: string): Uint8Array {
  const left = text.length % 4;
  if (left === 1) throw new DecodeError("invalid-base64", text.length - 1, "2 or 3 characters in the last group", "1");
  const bytes = new Uint8Array(Math.floor(text.length / 4) * 3 + (left === 0 ? 0 : left - 1));
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (let index = 0; index < text.length; index++) {
    bits = ((bits << 6) | sextetAt(text, index, alphabet)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[offset++] = (bits >> held) & 255;
    }
  }
  const stray = bits & ((1 << held) - 1);
  if (stray !== 0) throw new DecodeError("invalid-base64", text.length - 1, "zero bits after the last byte", stray.toString(2));
  return bytes;
}

function sextetAt(text: string, index: number, alphabet: string): number {
  const code = text.charCodeAt(index);
  if (code >= 65 && code <= 90) return code - 65;
  if (code >= 97 && code <= 122) return code - 71;
  if (code >= 48 && code <= 57) return code + 4;
  if (code === alphabet.charCodeAt(62)) return 62;
  if (code === alphabet.charCodeAt(63)) return 63;
  throw new DecodeError("invalid-base64", index, "a character of the alphabet", JSON.stringify(text[index]));
}
