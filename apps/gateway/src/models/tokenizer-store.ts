import type { Manifest } from "@lamina/codec";
import { longestProfile, TextTokenizer } from "@lamina/inference";
import { verifyBytes } from "@lamina/models";
import type { FileSystem } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";

/**
 * Tokenizers of the models that have one, from folders `<folder>/<model name>/<path>`. A file counts only with the digest that the manifest names,
 * so that the tokens are the model's own (T25, T71). Without its file a model takes tokens and no texts.
 */
export class TokenizerStore {
  readonly #folders: readonly string[];
  readonly #files: Pick<FileSystem, "readFile" | "stat">;
  readonly #logger: Logger;
  readonly #tokenizers = new Map<string, Promise<TextTokenizer | undefined>>();

  constructor(
    options: { readonly folders: readonly string[] },
    dependencies: { readonly files: Pick<FileSystem, "readFile" | "stat">; readonly logger: Logger },
  ) {
    this.#folders = options.folders;
    this.#files = dependencies.files;
    this.#logger = dependencies.logger;
  }

  /** Loaded at the first call for a model; undefined where the model has none or its file is not here. */
  get(modelIdHex: string, manifest: Manifest): Promise<TextTokenizer | undefined> {
    const known = this.#tokenizers.get(modelIdHex);
    if (known !== undefined) return known;
    const loading = this.#load(manifest);
    this.#tokenizers.set(modelIdHex, loading);
    return loading;
  }

  async #load(manifest: Manifest): Promise<TextTokenizer | undefined> {
    const { tokenizer } = manifest;
    const file = manifest.files.find(({ path }) => path === tokenizer?.path);
    if (tokenizer === undefined || file === undefined) return undefined;
    for (const folder of this.#folders) {
      const path = `${folder}/${manifest.name}/${tokenizer.path}`;
      if ((await this.#files.stat(path)) === undefined) continue;
      const bytes = await this.#files.readFile(path);
      const verdict = verifyBytes(bytes, file);
      if (verdict.kind === "valid") return new TextTokenizer(bytes, { tokensMax: longestProfile(manifest) });
      this.#logger.warn("a tokenizer file is not what its manifest names", { path, verdict });
    }
    this.#logger.warn("a model's tokenizer is not here: it takes tokens and no texts", { model: manifest.name });
    return undefined;
  }
}
