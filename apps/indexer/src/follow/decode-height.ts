import { fromBinary } from "@bufbuild/protobuf";
import type { CommittedBlock, CommittedMessage, CommittedTx } from "@lamina/chain-client";
import { computeModelId, decodeManifest } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import { registryTx, rollupTx } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import { type ChangesBuilder, type HeightChanges, noChanges } from "./changes.ts";
import { addBatch, addForced, type BatchContext } from "./decode-batch.ts";
import { addEvent } from "./decode-events.ts";
import { IndexStateError } from "./index-state-error.ts";

/** What earlier heights introduced and later ones name by key: read once, then kept up by `decodeHeight`. */
export interface KnownKeys {
  /** Hex of a signing key to its operator's id. */
  readonly operators: Map<string, string>;
  /** A term to its sequencer's key. */
  readonly sequencers: Map<bigint, Uint8Array>;
}

/** All that a height means to the index. Throws `IndexStateError`, `DecodeError`, `EventShapeError`. */
export function decodeHeight(block: CommittedBlock, known: KnownKeys): HeightChanges {
  const changes = noChanges();
  for (const tx of block.transactions) for (const message of tx.messages) addMessage(changes, block, tx, message, known);
  for (const event of block.events) addEvent(changes, event, block.height);
  return changes;
}

function addMessage(changes: ChangesBuilder, block: CommittedBlock, tx: CommittedTx, message: CommittedMessage, known: KnownKeys): void {
  for (const event of message.events) addEvent(changes, event, block.height);
  learn(changes, known);
  const context: BatchContext = {
    block,
    tx,
    message,
    operatorOf: (key) => {
      const operator = known.operators.get(toHex(key));
      if (operator === undefined) throw new IndexStateError(block.height, "a signing key that was registered before", toHex(key));
      return operator;
    },
    sequencerKey: (term) => known.sequencers.get(term),
  };
  if (message.typeName === rollupTx.MsgSubmitBatchSchema.typeName) {
    const { batch, submitter } = fromBinary(rollupTx.MsgSubmitBatchSchema, message.value);
    addBatch(changes, batch, submitter, context);
  }
  if (message.typeName === rollupTx.MsgForceIncludeSchema.typeName) {
    addForced(changes, fromBinary(rollupTx.MsgForceIncludeSchema, message.value).run, context);
  }
  if (message.typeName === registryTx.MsgRegisterModelSchema.typeName) addModel(changes, message, block.height);
}

/** Keys of this height may be named by rows of this height. */
function learn(changes: ChangesBuilder, known: KnownKeys): void {
  for (const line of changes.signingKeys) known.operators.set(String(line["signing_key"]).slice(2), String(line["operator_id"]));
  for (const line of changes.terms) known.sequencers.set(BigInt(String(line["term"])), Buffer.from(String(line["key"]).slice(2), "hex"));
}

function addModel(changes: ChangesBuilder, message: CommittedMessage, height: bigint): void {
  const { manifest, publisher, version } = fromBinary(registryTx.MsgRegisterModelSchema, message.value);
  const { name, task, licence } = decodeManifest(manifest);
  const modelId = bytea(computeModelId(manifest));
  const registered = { model_id: modelId, publisher, name, registered_height: `${height}` };
  changes.models.push({ ...registered, task, licence, manifest: bytea(manifest) });
  changes.modelVersions.push({ ...registered, version });
}
