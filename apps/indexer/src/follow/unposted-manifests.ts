import { type ChainReader, type CommittedBlock, typedEvent } from "@lamina/chain-client";
import { computeModelId } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import { registry, registryTx } from "@lamina/protocol";
import { IndexStateError } from "./index-state-error.ts";
import type { Ledger } from "./ledger.ts";

/** Manifests by their model's id in hex. */
export type Manifests = ReadonlyMap<string, Uint8Array>;

/**
 * Manifests of models that a height registers and no message of it holds: a governance proposal is carried out at a block's end, and what it ordered was
 * posted heights before. The chain keeps every manifest for ever, and its digest is the model's id, so it does not matter when it is read (I28).
 * Throws `IndexStateError` where the node gives none, or another's.
 */
export async function readUnposted(block: CommittedBlock, ledger: Ledger, reader: Pick<ChainReader, "model">): Promise<Manifests> {
  const manifests = new Map<string, Uint8Array>();
  for (const id of unpostedIds(block)) {
    const name = toHex(id);
    if (ledger.models.has(name) || manifests.has(name)) continue;
    const manifest = (await reader.model(id))?.manifest;
    const found = manifest === undefined ? "none" : toHex(computeModelId(manifest));
    if (manifest === undefined || found !== name) throw new IndexStateError(block.height, `the manifest of model ${name} at the node`, found);
    manifests.set(name, manifest);
  }
  return manifests;
}

function unpostedIds({ events, transactions }: CommittedBlock): Uint8Array[] {
  const others = transactions.flatMap(({ messages }) => messages.filter(({ typeName }) => typeName !== registryTx.MsgRegisterModelSchema.typeName));
  const all = [...events, ...others.flatMap((message) => message.events)];
  return all.flatMap((event) => typedEvent(registry.EventModelSchema, event)?.modelId ?? []);
}
