import { computeModelId, decodeManifest, type Manifest } from "@lamina/codec";
import { bytesEqual, type ModelId, toHex } from "@lamina/primitives";
import { InvalidRequestError } from "../client/client-error.ts";

/**
 * Where manifests come from, by model id in lower-case hex; undefined where it has none. It need not be trusted: a manifest counts only when its digest
 * is the model id that the worker signed (I26).
 */
export type ManifestSource = (modelId: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** The manifest of `modelId`; undefined where the source has none. Throws `InvalidRequestError` where it gives another file. */
export async function manifestOf(source: ManifestSource, modelId: ModelId): Promise<Manifest | undefined> {
  const bytes = await source(toHex(modelId));
  if (bytes === undefined) return undefined;
  const found = computeModelId(bytes);
  if (!bytesEqual(found, modelId)) throw new InvalidRequestError("manifests", `the manifest of model ${toHex(modelId)}`, `that of ${toHex(found)}`);
  return decodeManifest(bytes);
}

/** Manifests that lie at hand, as their bytes. */
export function manifestsAtHand(manifests: readonly Uint8Array[]): ManifestSource {
  const byId = new Map<string, Uint8Array>(manifests.map((bytes) => [toHex(computeModelId(bytes)), bytes]));
  return (modelId) => byId.get(modelId);
}
