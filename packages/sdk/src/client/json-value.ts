import { DecodeError, decodeUtf8, fromBase64 } from "@lamina/primitives";
import { MalformedAnswerError } from "./client-error.ts";

/**
 * One value of a JSON answer, with the path to it for errors. Only what the sdk acts on is read through it; the rest of an answer is handed on as the
 * gateway gave it.
 */
export class JsonValue {
  readonly value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.#path = path;
  }

  /** Undefined where it is absent or null, or this is no object. */
  member(name: string): JsonValue | undefined {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) return undefined;
    const found: unknown = Object.hasOwn(this.value, name) ? (this.value as Record<string, unknown>)[name] : undefined;
    return found === undefined || found === null ? undefined : new JsonValue(found, `${this.#path}.${name}`);
  }

  /** Throws `MalformedAnswerError` where it is absent. */
  get(name: string): JsonValue {
    const found = this.member(name);
    if (found === undefined) throw new MalformedAnswerError(`${this.#path}.${name}`, "present", "nothing");
    return found;
  }

  get isTrue(): boolean {
    return this.value === true;
  }

  asText(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  text(): string {
    return this.asText() ?? this.#refuse("text");
  }

  list(): JsonValue[] {
    if (!Array.isArray(this.value)) return this.#refuse("a list");
    return this.value.map((value: unknown, index) => new JsonValue(value, `${this.#path}[${index}]`));
  }

  /** A list of non-negative integers. */
  dimensions(): number[] {
    return this.list().map((each) => each.count());
  }

  count(): number {
    return typeof this.value === "number" && Number.isSafeInteger(this.value) && this.value >= 0
      ? this.value
      : this.#refuse("a non-negative integer");
  }

  base64(): Uint8Array {
    try {
      return fromBase64(this.text());
    } catch (error) {
      if (error instanceof DecodeError) return this.#refuse("base64");
      throw error;
    }
  }

  #refuse(expected: string): never {
    throw new MalformedAnswerError(this.#path, expected, shown(this.value));
  }
}

/** Undefined for what is no JSON. */
export function parseJson(body: Uint8Array): JsonValue | undefined {
  try {
    return new JsonValue(parseExactly(decodeUtf8(body)), "answer");
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Throws `MalformedAnswerError` for what is no JSON. */
export function readJson(body: Uint8Array): JsonValue {
  const value = parseJson(body);
  if (value === undefined) throw new MalformedAnswerError("answer", "JSON in UTF-8", `${body.length} bytes of something else`);
  return value;
}

/** A value in an error: short. */
export function shown(value: unknown): string {
  return (typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "nothing")).slice(0, 40);
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;
/** A number without point or exponent; the long fractions of embeddings do not count. */
const LONG_INTEGER = /[[,:\s]-?[0-9]{16,}[\s,\]}]/;

/**
 * Integers beyond 2^53 as bigint: what was signed is all their digits. Most answers have none, and are parsed without looking at each value. Where the
 * engine does not tell a number's text (ECMAScript, JSON.parse source text access) it stays a number, which is refused where a tensor is made of it.
 */
function parseExactly(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  const exact: Reviver = (_key, value, context) => {
    const source = context?.source;
    const isLong = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isLong && source !== undefined && /^-?[0-9]+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, exact);
}
