import type { Manifest } from "@lamina/codec";
import { smallestProfile, TokenizerError, tokensToItem } from "@lamina/inference";
import { GatewayError } from "../gateway-error.ts";
import type { OfferedModel } from "../models/offered-model.ts";
import type { ShapedInput } from "./request-items.ts";

/** Texts, or token ids that a client made itself without end markers. */
export type TextInput = readonly string[] | readonly (readonly number[])[];

export interface TokenisedInput extends ShapedInput {
  /** Tokens of all texts, end markers included. */
  readonly tokens: number;
}

/** Tokenises and pads to the smallest profile that holds the longest text: one job has one profile. Throws `GatewayError`. */
export function itemsOfTexts(model: OfferedModel, texts: TextInput, itemsMax: number): TokenisedInput {
  const { tokenizer, manifest } = model;
  if (tokenizer === undefined) throw new GatewayError("invalid_request", `the model ${model.name} takes tensors, no texts`, { param: "input" });
  if (texts.length > itemsMax)
    throw new GatewayError("invalid_request", `expected at most ${itemsMax} inputs, found ${texts.length}`, { param: "input" });
  const ids = texts.map((text, index) => encode(tokenizer, text, index));
  const longest = Math.max(...ids.map((each) => each.length));
  const profile = smallestProfile(manifest, longest);
  if (profile === undefined) throw tooLong(manifest, longest);
  return { profile, items: ids.map((each) => tokensToItem(manifest, profile, each)), tokens: ids.reduce((sum, each) => sum + each.length, 0) };
}

function encode(tokenizer: NonNullable<OfferedModel["tokenizer"]>, text: string | readonly number[], index: number): number[] {
  try {
    return typeof text === "string" ? tokenizer.encode(text) : tokenizer.wrapIds(text);
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    const { expected, found } = error.details;
    // Counts and ids alone: never the text (I31).
    throw new GatewayError("invalid_request", `input ${index}: expected ${expected}, found ${found}`, { param: "input" }, { cause: error });
  }
}

function tooLong(manifest: Manifest, tokens: number): GatewayError {
  return new GatewayError("invalid_request", `the longest input has ${tokens} tokens, more than any profile of ${manifest.name} holds`, {
    param: "input",
  });
}
