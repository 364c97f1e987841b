import type { EqualFilter, ValueKind } from "./listings.ts";
import { QueryError } from "./query-error.ts";

const INT8_MAX = 2n ** 63n - 1n;
const TEXT_MAX = 128;

/** A parameter's value as a statement takes it. Throws `QueryError`. */
export type Value = bigint | string | number | Buffer;

export function readValue(parameter: string, kind: ValueKind, text: string): Value {
  switch (kind) {
    case "number":
      if (!/^\d{1,19}$/.test(text) || BigInt(text) > INT8_MAX) throw new QueryError(parameter, `a number from 0 to ${INT8_MAX}`, text);
      return BigInt(text);
    case "hex":
      if (!/^[0-9a-f]{64}$/.test(text)) throw new QueryError(parameter, "64 characters of lower-case hex", text);
      return Buffer.from(text, "hex");
    case "text":
      if (text.length > TEXT_MAX || text.includes("\0")) throw new QueryError(parameter, `at most ${TEXT_MAX} characters, none of them NUL`, text);
      return text;
  }
}

/** `readValue`, and one of the filter's words where it has some. */
export function readFilterValue(parameter: string, filter: EqualFilter, text: string): Value {
  if (filter.words === undefined) return readValue(parameter, filter.kind, text);
  const word = Object.hasOwn(filter.words, text) ? filter.words[text] : undefined;
  if (word === undefined) throw new QueryError(parameter, `one of ${Object.keys(filter.words).join(", ")}`, text);
  return word;
}
