import type { Manifest } from "@lamina/codec";
import type { TextTokenizer } from "@lamina/inference";
import type { ModelId } from "@lamina/primitives";

/** A model as requests see it. */
export interface OfferedModel {
  readonly name: string;
  readonly version: string;
  /** All versions of the name, oldest first. */
  readonly versions: readonly string[];
  readonly modelId: ModelId;
  readonly modelIdHex: string;
  readonly manifest: Manifest;
  readonly publisher: string;
  readonly tokenizer: TextTokenizer | undefined;
}
