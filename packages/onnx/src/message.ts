import type { Field } from "./protobuf-reader.ts";
import { readFields } from "./protobuf-reader.ts";
import { forbidden, malformed } from "./refusal.ts";

/** How a field of a message is treated. `skip`: text for people, unread. A `forbid` carries the name of what it would be. */
export type FieldRule = "once" | "many" | "skip" | { readonly forbid: string };

export type MessageRules = Readonly<Record<number, FieldRule>>;

/**
 * Fields of one message, by number. A field that the rules do not know is refused, and a second occurrence of a single one too: protobuf parsers merge
 * such messages, so a reader that took the first or the last would see another model than the runtime.
 */
export class Message {
  readonly offset: number;
  readonly #fields = new Map<number, Field[]>();

  constructor(name: string, rules: MessageRules, bytes: Uint8Array, offset: number) {
    this.offset = offset;
    for (const field of readFields(bytes, offset)) {
      const rule = rules[field.number];
      if (rule === undefined) throw malformed(field.offset, `${name} has no field ${field.number}`);
      if (rule === "skip") continue;
      if (typeof rule === "object") throw forbidden(rule.forbid);
      const seen = this.#fields.get(field.number);
      if (seen === undefined) this.#fields.set(field.number, [field]);
      else if (rule === "once") throw malformed(field.offset, `field ${field.number} of ${name} twice`);
      else seen.push(field);
    }
  }

  all(number: number): readonly Field[] {
    return this.#fields.get(number) ?? [];
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  /** The content of a length-delimited field with its place in the file; undefined where absent. */
  bytes(number: number): { bytes: Uint8Array; offset: number } | undefined {
    const field = this.all(number)[0];
    return field === undefined ? undefined : contentOf(field);
  }

  /** Text of at most `bytesMax` bytes; "" where absent. */
  text(number: number, bytesMax: number): string {
    const field = this.all(number)[0];
    return field === undefined ? "" : textOf(field, bytesMax);
  }

  /** A signed 64-bit integer; undefined where absent. */
  integer(number: number): bigint | undefined {
    const field = this.all(number)[0];
    if (field === undefined) return undefined;
    if (field.wire !== "varint") throw malformed(field.offset, `expected a number, found ${field.wire}`);
    return BigInt.asIntN(64, field.varint);
  }
}

export function contentOf(field: Field): { bytes: Uint8Array; offset: number } {
  if (field.wire !== "bytes") throw malformed(field.offset, `expected bytes, found ${field.wire}`);
  return { bytes: field.bytes, offset: field.offset };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

export function textOf(field: Field, bytesMax: number): string {
  const { bytes } = contentOf(field);
  if (bytes.length > bytesMax) throw malformed(field.offset, `a text of ${bytes.length} bytes, at most ${bytesMax} allowed`);
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed(field.offset, "a text that is not UTF-8");
  }
}
