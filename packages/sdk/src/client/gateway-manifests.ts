import { computeModelId } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import type { ManifestSource } from "../check/manifest-source.ts";
import { ApiError } from "./api-error.ts";
import type { GatewayConnection } from "./gateway-connection.ts";

/**
 * Manifests as the gateway serves them, each asked for once. It need not be trusted with them: one counts only when its digest is the model id that
 * the worker signed. Which model a name stands for is the chain's word; `ChainAccess` of `@lamina/sdk/node` asks it without the gateway.
 */
export function gatewayManifests(connection: Pick<GatewayConnection, "send">): ManifestSource {
  const known = new Map<string, Uint8Array>();
  return async (modelId) => {
    const before = known.get(modelId);
    if (before !== undefined) return before;
    const bytes = await fetchManifest(connection, modelId);
    // Another model's is refused by whoever asked; it must not be kept.
    if (bytes !== undefined && toHex(computeModelId(bytes)) === modelId) known.set(modelId, bytes);
    return bytes;
  };
}

async function fetchManifest(connection: Pick<GatewayConnection, "send">, modelId: string): Promise<Uint8Array | undefined> {
  try {
    return (await connection.send({ method: "GET", path: `/lamina/v1/manifests/${modelId}`, family: "native" })).body;
  } catch (error) {
    if (error instanceof ApiError && error.details.status === 404) return undefined;
    throw error;
  }
}
