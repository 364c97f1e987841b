import { parseTimestamp, type Timestamp } from "@lamina/light-client";
import { BaseError, DecodeError } from "@lamina/primitives";

/** What `lamina receipt verify` and `lamina-verify.mjs` were asked. Paths are as given. */
export interface VerifyArguments {
  readonly receipt: string;
  readonly checkpoint: string;
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** Undefined: the machine's clock. */
  readonly now: Timestamp | undefined;
}

export class UsageError extends BaseError<"USAGE"> {
  readonly details: { readonly found: string };
  constructor(message: string, found: string, options?: ErrorOptions) {
    super("USAGE", message, options);
    this.details = { found };
  }
}

export const usage = "usage: lamina-verify RECEIPT --checkpoint FILE [--input FILE] [--output FILE] [--now RFC3339]";

const optionNames = ["--checkpoint", "--input", "--output", "--now"] as const;
type OptionName = (typeof optionNames)[number];

/** Throws `UsageError`. A missing checkpoint is one: a receipt never supplies its own root of trust (T74). */
export function parseVerifyArguments(words: readonly string[]): VerifyArguments {
  const options = new Map<OptionName, string>();
  const files: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("--")) {
      files.push(word);
      continue;
    }
    const name = optionNames.find((known) => known === word);
    if (name === undefined) throw new UsageError(`unknown option ${word}; ${usage}`, word);
    if (options.has(name)) throw new UsageError(`${name} is given twice`, word);
    at += 1;
    options.set(name, valueAt(words, at, name));
  }
  const [receipt, ...others] = files;
  if (receipt === undefined || others.length > 0)
    throw new UsageError(`expected one receipt, found ${files.length} files; ${usage}`, files.join(" "));
  const checkpoint = options.get("--checkpoint");
  if (checkpoint === undefined) throw new UsageError("no --checkpoint: a receipt never supplies its own root of trust", "");
  return { receipt, checkpoint, input: options.get("--input"), output: options.get("--output"), now: nowOf(options.get("--now")) };
}

function valueAt(words: readonly string[], at: number, name: OptionName): string {
  const value = words[at];
  if (value === undefined || value.startsWith("--")) throw new UsageError(`${name} needs a value; ${usage}`, name);
  return value;
}

function nowOf(text: string | undefined): Timestamp | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTimestamp(text);
  } catch (error) {
    if (error instanceof DecodeError) throw new UsageError(`--now must be an RFC 3339 time in UTC, found ${text}`, text, { cause: error });
    throw error;
  }
}
