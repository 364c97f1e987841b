import { Tokenizer } from "@huggingface/tokenizers";
import { BaseError, decodeUtf8 } from "@lamina/primitives";

/** The text cannot become the model's tokens. */
export class TokenizerError extends BaseError<"BAD_TOKENIZER" | "TEXT_TOO_LONG" | "UNKNOWN_TOKEN"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(code: "BAD_TOKENIZER" | "TEXT_TOO_LONG" | "UNKNOWN_TOKEN", details: { expected: string; found: string }, options?: ErrorOptions) {
    super(code, `expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}

/** More characters than any text of `tokensMax` tokens needs to have are refused unread: tokenizing costs time in proportion (T4). */
const CHARACTERS_PER_TOKEN_MAX = 64;

export interface TextTokenizerOptions {
  /** The longest profile, end markers included. */
  readonly tokensMax: number;
}

/** Texts to token ids as the model's publisher means them: the file's normaliser, pre-tokenizer, model and end markers, without padding or truncation. */
export class TextTokenizer {
  readonly tokensMax: number;
  readonly #tokenizer: Tokenizer;

  /** `file`: a tokenizer.json. Throws `TokenizerError`. */
  constructor(file: Uint8Array, options: TextTokenizerOptions) {
    this.tokensMax = options.tokensMax;
    try {
      this.#tokenizer = new Tokenizer(JSON.parse(decodeUtf8(file)) as object, {});
    } catch (cause) {
      throw new TokenizerError(
        "BAD_TOKENIZER",
        { expected: "a tokenizer.json", found: cause instanceof Error ? cause.message : String(cause) },
        { cause },
      );
    }
  }

  /** Token ids with end markers. Throws `TokenizerError` (`TEXT_TOO_LONG`) beyond the longest profile: nothing is cut silently. */
  encode(text: string): number[] {
    const charactersMax = this.tokensMax * CHARACTERS_PER_TOKEN_MAX;
    if (text.length > charactersMax) throw tooLong(`at most ${this.tokensMax} tokens`, `${text.length} characters`);
    return this.#bounded(this.#tokenizer.encode(text).ids);
  }

  /** Checks ids that a client made itself and adds the end markers where they are missing. Throws `TokenizerError`. */
  wrapIds(ids: readonly number[]): number[] {
    const [first, last] = this.#tokenizer.encode("").ids;
    const complete = ids.length >= 2 && ids[0] === first && ids.at(-1) === last;
    for (const id of ids) {
      if (!Number.isInteger(id) || this.#tokenizer.id_to_token(id) === undefined) {
        throw new TokenizerError("UNKNOWN_TOKEN", { expected: "token ids of the model's vocabulary", found: `${id}` });
      }
    }
    if (complete) return this.#bounded([...ids]);
    return this.#bounded([...(first === undefined ? [] : [first]), ...ids, ...(last === undefined ? [] : [last])]);
  }

  #bounded(ids: number[]): number[] {
    if (ids.length > this.tokensMax) throw tooLong(`at most ${this.tokensMax} tokens, end markers included`, `${ids.length}`);
    return ids;
  }
}

function tooLong(expected: string, found: string): TokenizerError {
  return new TokenizerError("TEXT_TOO_LONG", { expected, found });
}
