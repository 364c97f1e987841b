import { BaseError, DecodeError, fromBase64, fromHex } from "@lamina/primitives";

/** A node answered with something else than its RPC is documented to answer. */
export class RpcAnswerError extends BaseError<"RPC_ANSWER"> {
  readonly details: { readonly field: string; readonly expected: string; readonly found: string };
  constructor(field: string, expected: string, found: unknown, options?: ErrorOptions) {
    const text = JSON.stringify(found)?.slice(0, 80) ?? "nothing";
    super("RPC_ANSWER", `node's answer: ${field} must be ${expected}, found ${text}`, options);
    this.details = { field, expected, found: text };
  }
}

/**
 * One value of a node's JSON answer, with the path to it for errors. CometBFT writes 64-bit integers as decimal strings, hashes as upper-case hex and
 * signatures, keys and query results as base64.
 */
export class RpcAnswer {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  /** The member `name`; absent members read as undefined and fail when they are used. */
  at(name: string): RpcAnswer {
    if (typeof this.#value !== "object" || this.#value === null || Array.isArray(this.#value)) throw this.#wrong("an object");
    return new RpcAnswer((this.#value as Record<string, unknown>)[name], `${this.#path}.${name}`);
  }

  list(): RpcAnswer[] {
    if (!Array.isArray(this.#value)) throw this.#wrong("a list");
    return this.#value.map((value: unknown, index) => new RpcAnswer(value, `${this.#path}[${index}]`));
  }

  text(): string {
    if (typeof this.#value !== "string") throw this.#wrong("text");
    return this.#value;
  }

  /** A small number, written as a number. */
  number(): number {
    if (typeof this.#value !== "number" || !Number.isSafeInteger(this.#value) || this.#value < 0) throw this.#wrong("a non-negative integer");
    return this.#value;
  }

  /** An int64, written as a decimal string; absent counts as 0, as Go leaves zeros out. */
  integer(): bigint {
    if (this.#value === undefined) return 0n;
    if (typeof this.#value !== "string" || !/^(0|[1-9][0-9]{0,18})$/.test(this.#value)) throw this.#wrong("a decimal string");
    return BigInt(this.#value);
  }

  hex(): Uint8Array {
    return this.#decoded("hex", () => fromHex(this.text().toLowerCase()));
  }

  base64(): Uint8Array {
    return this.#decoded("base64", () => fromBase64(this.text()));
  }

  /** True where the answer does not have this member, or has null. */
  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  get isTrue(): boolean {
    return this.#value === true;
  }

  #decoded(form: string, decode: () => Uint8Array): Uint8Array {
    try {
      return decode();
    } catch (error) {
      if (error instanceof DecodeError) throw new RpcAnswerError(this.#path, form, this.#value, { cause: error });
      throw error;
    }
  }

  #wrong(expected: string): RpcAnswerError {
    return new RpcAnswerError(this.#path, expected, this.#value);
  }
}
