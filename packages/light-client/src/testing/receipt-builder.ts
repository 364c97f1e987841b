import {
  type BlockHeader,
  ElementType,
  type ExceptionRun,
  encodeHeader,
  encodeRow,
  genesisParent,
  headAfterRows,
  headBytes,
  type Item,
  itemsCommitment,
  NO_PARAMETERS,
  privateCommitment,
  type Row,
  rowLeafHash,
  startHead,
  sumCharges,
} from "@lamina/codec";
import { MerkleTree } from "@lamina/merkle";
import { batchId, type ChainId, digest, encodeUtf8, modelId } from "@lamina/primitives";
import type { Checkpoint } from "../checkpoint.ts";
import type { FinalPart, OrderedPart, PendingPart, Receipt, ReceiptStage, SignedPart } from "../receipt.ts";
import { finalLogValue, finalRecordBytes, pendingValue, rollupStore, type SettledValue } from "../settled-value.ts";
import { type BuiltChain, buildChain, type NamedPowers } from "./chain-builder.ts";
import { seededDigest, seededSigner } from "./seeded-key.ts";
import { buildStores } from "./store-builder.ts";

export interface ReceiptPlan {
  readonly stage: ReceiptStage;
  readonly kind?: OrderedPart["kind"];
  readonly validatorsAt?: (height: number) => NamedPowers;
  /** Rows of the block; the receipt is of the third, or the last where there are fewer. */
  readonly rows?: number;
  readonly exceptions?: readonly ExceptionRun[];
  /** The checkpoint's height; the chain has 12 blocks, and the last one's app hash is what the proof ends in. */
  readonly checkpointHeight?: number;
  readonly chainId?: string;
}

/** A receipt made whole in TypeScript, with keys that follow from names, and what a reader needs to judge it. */
export interface BuiltReceipt {
  readonly receipt: Receipt;
  readonly checkpoint: Checkpoint;
  readonly chain: BuiltChain;
  readonly inputs: readonly Item[];
  readonly outputs: readonly Item[];
}

const chainHeights = 12;
const acceptedHeight = 4n;
const workerName = "worker";

export async function buildReceipt(plan: ReceiptPlan): Promise<BuiltReceipt> {
  const chainId = (plan.chainId ?? "lamina-test-1") as ChainId;
  const count = plan.rows ?? 5;
  const rows = Array.from({ length: count }, (_, index) => buildRow(index));
  const index = Math.min(2, count - 1);
  const inputs = itemsOf("input", index);
  const outputs = itemsOf("output", index);
  const signed = signedPart(chainId, rows, index);
  const ordered = orderedPart(chainId, rows, index, plan.kind ?? "block");
  const settled = settle(plan, ordered);
  const stores = buildStores(rollupStore, [
    settled.value,
    { key: Uint8Array.of(0x10), value: Uint8Array.of(1) },
    { key: Uint8Array.of(0x11, 5), value: Uint8Array.of(2) },
  ]);
  const chain = buildChain({
    chainId,
    heights: chainHeights,
    validatorsAt: plan.validatorsAt ?? (() => ({ a: 10 })),
    appHashAt: () => stores.appHash,
  });
  const checkpoint = chain.checkpointAt(plan.checkpointHeight ?? 2);
  const path = await chain.pathTo(checkpoint, chainHeights);
  const chainPart = { storeProof: stores.prove(settled.value.key), path };
  const receipt = assemble(plan.stage, { chainId, signed, ordered, ...settled.parts, chain: chainPart });
  return { receipt, checkpoint, chain, inputs, outputs };
}

interface Parts {
  readonly chainId: ChainId;
  readonly signed: SignedPart;
  readonly ordered: OrderedPart;
  readonly pending: PendingPart;
  readonly final: FinalPart;
  readonly chain: { readonly storeProof: Uint8Array; readonly path: BuiltPath };
}

type BuiltPath = Awaited<ReturnType<BuiltChain["pathTo"]>>;

function assemble(stage: ReceiptStage, parts: Parts): Receipt {
  const { chainId, signed, ordered, pending, final, chain } = parts;
  if (stage === "signed") return { stage, chainId, signed };
  if (stage === "ordered") return { stage, chainId, signed, ordered };
  return stage === "pending" ? { stage, chainId, signed, ordered, pending, chain } : { stage, chainId, signed, ordered, final, chain };
}

function itemsOf(direction: "input" | "output", index: number): Item[] {
  const data = seededDigest(direction, index).slice(0, 16);
  return [[{ type: ElementType.float32, dims: [1, 4], data }]];
}

function privateOf(index: number): SignedPart["private"] {
  const salt = seededDigest("salt", index);
  return {
    salt,
    inputCommitment: itemsCommitment(itemsOf("input", index), "input", salt),
    parameters: NO_PARAMETERS,
    reference: encodeUtf8(`order ${index}`),
  };
}

function buildRow(index: number): Row {
  return {
    level: 1,
    param: 0,
    worker: seededSigner(workerName).publicKey,
    lane: 1n,
    nonce: index,
    model: modelId(seededDigest("model")),
    profile: 1,
    items: 1,
    unitPrice: 7n,
    ceiling: 100n,
    settleBy: 50n,
    h: privateCommitment(privateOf(index)),
    incarnation: 0,
    index: BigInt(index),
    units: 3n,
    charge: 21n,
    output: itemsCommitment(itemsOf("output", index), "output", seededDigest("salt", index)),
  };
}

function signedPart(chainId: ChainId, rows: readonly Row[], index: number): SignedPart {
  const worker = seededSigner(workerName);
  const log = { worker: worker.publicKey, level: 1, param: 0, incarnation: 0 };
  const start = startHead(chainId, log);
  const previousHead = headAfterRows(start, rows.slice(0, index));
  const statement = headBytes(chainId, { ...log, count: BigInt(rows.length), head: headAfterRows(start, rows) });
  const row = rows[index];
  if (row === undefined) throw new RangeError(`row ${index} of ${rows.length}`);
  return {
    row,
    private: privateOf(index),
    head: { previousHead, following: rows.slice(index + 1).map(rowLeafHash), signature: worker.sign(statement) },
  };
}

function orderedPart(chainId: ChainId, rows: readonly Row[], index: number, kind: OrderedPart["kind"]): OrderedPart {
  const tree = MerkleTree.fromLeaves(rows.map(encodeRow));
  const shared = { chainId, level: 1, param: 0, rows: rows.length, charges: sumCharges(rows), rowsRoot: tree.root() };
  const inclusion = tree.proveInclusion(index);
  if (kind === "forced") return { kind, header: { ...shared, sequence: 3n, acceptedHeight }, inclusion };
  const header: BlockHeader = { ...shared, term: 2n, number: 9n, parent: genesisParent(chainId), referenceHeight: 3n, runs: 1 };
  const sequencer = seededSigner("sequencer");
  return { kind, header, sequencer: sequencer.publicKey, signature: sequencer.sign(encodeHeader(header)), inclusion };
}

function settle(plan: ReceiptPlan, ordered: OrderedPart): { value: SettledValue; parts: { pending: PendingPart; final: FinalPart } } {
  const pending: PendingPart = { acceptedHeight, batchId: ordered.kind === "block" ? batchId(seededDigest("batch")) : undefined };
  const unplaced = { acceptedHeight, finalHeight: 10n, debited: 105n, refunded: 0n, exceptions: plan.exceptions ?? [] };
  const final = {
    ...unplaced,
    log: placeInLog(finalRecordBytes(ordered, { ...unplaced, log: { size: 0, peaks: [], inclusion: { index: 0, siblings: [] } } })),
  };
  return { value: plan.stage === "pending" ? pendingValue(ordered, pending) : finalLogValue(final.log), parts: { pending, final } };
}

/** The record at place 4 of a log of 7. */
function placeInLog(record: Uint8Array): FinalPart["log"] {
  const tree = MerkleTree.fromLeaves(Array.from({ length: 7 }, (_, at) => (at === 4 ? record : seededDigest("record", at))));
  return { size: tree.size, peaks: tree.peaks().map(digest), inclusion: tree.proveInclusion(4) };
}
