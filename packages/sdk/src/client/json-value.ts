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
    throw new MalformedAnswerError(this.#path, expected, (JSON.stringify(this.value) ?? "nothing").slice(0, 40));
  }
}

/** Undefined for what is no JSON. */
export function parseJson(body: Uint8Array): JsonValue | undefined {
  try {
    return new JsonValue(JSON.parse(decodeUtf8(body)), "answer");
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
