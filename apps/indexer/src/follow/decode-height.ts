import { fromBinary } from "@bufbuild/protobuf";
import { type CommittedBlock, type CommittedMessage, type CommittedTx, moduleAddress, type TxEvent } from "@lamina/chain-client";
import { type ChainId, compareBytes, toHex } from "@lamina/primitives";
import { rollupTx } from "@lamina/protocol";
import { bankFlow } from "./bank-flows.ts";
import type { Changes } from "./changes.ts";
import { addBatch, addForced } from "./decode-batch.ts";
import { addDeposit, addLane, addPayment } from "./decode-escrow.ts";
import { addFinal, addTerm } from "./decode-final.ts";
import { addFault, addModel, addOperator } from "./decode-registry.ts";
import { type HeightContext, hold } from "./height-context.ts";
import { IndexStateError } from "./index-state-error.ts";
import type { Ledger } from "./ledger.ts";
import type { Manifests } from "./unposted-manifests.ts";

const ESCROW = moduleAddress("escrow");
const REGISTRY = moduleAddress("registry");

/** By an event's type; events that no table shows are passed over. */
const READERS: Readonly<Record<string, (context: HeightContext, event: TxEvent) => void>> = {
  "lamina.registry.v1.EventOperator": addOperator,
  "lamina.registry.v1.EventModel": addModel,
  "lamina.registry.v1.EventSlash": addFault,
  "lamina.escrow.v1.EventLane": addLane,
  "lamina.escrow.v1.EventDeposit": addDeposit,
  "lamina.escrow.v1.EventPayment": addPayment,
  "lamina.rollup.v1.EventTerm": addTerm,
  "lamina.rollup.v1.EventBlockFinal": addFinal,
};

/**
 * Adds all that the next height means to `changes` and moves `ledger` on to it. A pure function of the ledger, the block and the manifests that it
 * names without holding them (I28). Throws
 * `IndexStateError`, `DecodeError`, `EventShapeError`; the ledger is then to be read anew.
 */
export function decodeHeight(chainId: ChainId, block: CommittedBlock, ledger: Ledger, changes: Changes, unposted: Manifests = new Map()): void {
  follow(chainId, block, ledger);
  const context: HeightContext = { chainId, block, ledger, changes, unposted, flows: { escrow: 0n, registry: 0n }, message: undefined };
  for (const tx of block.transactions) for (const message of tx.messages) addMessage({ ...context, message }, tx, message);
  for (const event of block.events) addEvent(context, event);
  hold(context, "I2", "coins into and out of escrow", context.flows.escrow, bankFlow(block, ESCROW));
  hold(context, "I3", "coins into and out of bonds", context.flows.registry, bankFlow(block, REGISTRY));
  changes.heights += 1;
}

/** Headers form a chain: a node of another chain, or one whose past was replaced, is found out at the first height (I10, I34). */
function follow(chainId: ChainId, block: CommittedBlock, ledger: Ledger): void {
  if (block.chainId !== chainId) throw new IndexStateError(block.height, `chain ${chainId}`, block.chainId);
  if (block.height !== ledger.height + 1n) throw new IndexStateError(block.height, `height ${ledger.height + 1n}`, `${block.height}`);
  if (ledger.hash.length > 0 && compareBytes(ledger.hash, block.previousHash) !== 0) {
    throw new IndexStateError(block.height, `a parent header ${toHex(ledger.hash)}, which this index holds`, toHex(block.previousHash));
  }
  ledger.height = block.height;
  ledger.hash = block.hash;
  ledger.timeMs = block.timeMs;
}

function addEvent(context: HeightContext, event: TxEvent): void {
  READERS[event.type]?.(context, event);
}

function addMessage(context: HeightContext, tx: CommittedTx, message: CommittedMessage): void {
  // Keys and terms of this message's own events may be named by its rows.
  for (const event of message.events) addEvent(context, event);
  if (message.typeName === rollupTx.MsgSubmitBatchSchema.typeName) {
    const { batch, submitter } = fromBinary(rollupTx.MsgSubmitBatchSchema, message.value);
    addBatch(context, batch, { tx, submitter });
  }
  if (message.typeName === rollupTx.MsgForceIncludeSchema.typeName) {
    const { run, submitter } = fromBinary(rollupTx.MsgForceIncludeSchema, message.value);
    addForced(context, run, { tx, submitter });
  }
}
