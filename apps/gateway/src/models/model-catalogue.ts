import { toHex } from "@lamina/primitives";
import type { ChainFollower } from "../chain/chain-follower.ts";
import type { ChainModelVersion, ChainSnapshot } from "../chain/chain-snapshot.ts";
import { GatewayError } from "../gateway-error.ts";
import type { OfferedModel } from "./offered-model.ts";
import type { TokenizerStore } from "./tokenizer-store.ts";

const MODEL_ID = /^[0-9a-f]{64}$/;

/** Finds models by the names that the chain gives them. */
export class ModelCatalogue {
  readonly #chain: ChainFollower;
  readonly #tokenizers: TokenizerStore;
  readonly #offered = new Map<string, OfferedModel>();

  constructor(dependencies: { readonly chain: ChainFollower; readonly tokenizers: TokenizerStore }) {
    this.#chain = dependencies.chain;
    this.#tokenizers = dependencies.tokenizers;
  }

  /** By name (its newest version where none is named) or by model id in hex. Throws `GatewayError` (`model_not_found`). */
  async find(name: string, version?: string): Promise<OfferedModel> {
    const snapshot = this.#chain.require();
    const versions = versionsOf(snapshot, name);
    const found = version === undefined ? versions.at(-1) : versions.find((each) => each.version === version);
    if (found === undefined) throw new GatewayError("model_not_found", notFoundText(name, version), { param: "model" });
    return this.#offer(snapshot, found, versions);
  }

  /** The newest version of every name, by name. */
  async list(): Promise<OfferedModel[]> {
    const snapshot = this.#chain.require();
    const names = [...new Set(snapshot.versions.map(({ name }) => name))].sort();
    return Promise.all(names.map((name) => this.find(name)));
  }

  async #offer(snapshot: ChainSnapshot, found: ChainModelVersion, versions: readonly ChainModelVersion[]): Promise<OfferedModel> {
    const modelIdHex = toHex(found.modelId);
    const cacheKey = `${found.name}\n${found.version}\n${versions.length}`;
    const known = this.#offered.get(cacheKey);
    if (known !== undefined) return known;
    const model = snapshot.models.get(modelIdHex);
    if (model === undefined) throw new GatewayError("model_not_found", notFoundText(found.name, found.version), { param: "model" });
    const tokenizer = await this.#tokenizers.get(modelIdHex, model.manifest);
    const offered: OfferedModel = {
      name: found.name,
      version: found.version,
      versions: versions.map((each) => each.version),
      modelId: found.modelId,
      modelIdHex,
      manifest: model.manifest,
      publisher: model.publisher,
      tokenizer,
    };
    this.#offered.set(cacheKey, offered);
    return offered;
  }
}

/** Oldest first. */
function versionsOf(snapshot: ChainSnapshot, name: string): ChainModelVersion[] {
  const isId = MODEL_ID.test(name);
  const found = snapshot.versions.filter((each) => (isId ? toHex(each.modelId) === name : each.name === name));
  return found.sort((left, right) => (left.registeredHeight < right.registeredHeight ? -1 : left.registeredHeight > right.registeredHeight ? 1 : 0));
}

function notFoundText(name: string, version: string | undefined): string {
  const shown = JSON.stringify(name.slice(0, 128));
  return version === undefined ? `the model ${shown} does not exist` : `the model ${shown} has no version ${JSON.stringify(version.slice(0, 32))}`;
}
