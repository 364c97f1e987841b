import { ChainReader, type Comet, type CommittedBlock, connectChain } from "@lamina/chain-client";
import type { Row } from "@lamina/codec";
import {
  assembleOrdered,
  type BlockFacts,
  ChainProver,
  type Checkpoint,
  decodeReceipt,
  encodeReceipt,
  finalFactsOf,
  finalLogKey,
  type OrderedPart,
  pendingValue,
  type Receipt,
  type ReceiptStage,
  rollupStore,
} from "@lamina/light-client";
import { hashLeaf, type MerkleLog } from "@lamina/merkle";
import { bytesEqual, chainId, digest, fromHex, publicKey } from "@lamina/primitives";
import { rollupQuery } from "@lamina/protocol";
import type { ManifestSource } from "../check/manifest-source.ts";
import { proveAppended } from "./prove-appended.ts";
import { type EndedBlock, endedBlocks, type PlacedRow, placeOfRow } from "./settled-blocks.ts";

export interface ChainAccessOptions {
  /** `http://host:port` of a node's RPC. */
  readonly rpcUrl: string;
  readonly chainId: string;
  /** How long one call may take; ten seconds where not given. */
  readonly timeoutMs?: number;
}

export interface GrownReceipt {
  readonly stage: ReceiptStage;
  readonly bytes: Uint8Array;
}

type Signed = Pick<Receipt, "chainId" | "signed">;

const CALL_TIMEOUT_MS = 10_000;
/** Heights that are read at a time. */
const HEIGHTS_AT_ONCE = 8n;

/**
 * The chain without any gateway: manifests, checkpoints, and receipts made of what a node answers. The node need not be trusted for receipts and
 * manifests, which are verified (T35); a checkpoint is its word.
 */
export class ChainAccess {
  readonly #comet: Comet;
  readonly #reader: ChainReader;
  readonly #prover: ChainProver;

  private constructor(comet: Comet) {
    this.#comet = comet;
    this.#reader = new ChainReader(comet);
    this.#prover = new ChainProver((method, params) => comet.call(method, params));
  }

  /** Throws `ChainUnreachableError`, or `WrongChainError` where another chain answers (I34). */
  static async connect({ rpcUrl, chainId: id, timeoutMs = CALL_TIMEOUT_MS }: ChainAccessOptions): Promise<ChainAccess> {
    const { comet } = await connectChain({ url: rpcUrl, chainId: chainId(id), timeoutMs });
    return new ChainAccess(comet);
  }

  /** Manifests as registered, for `LaminaClient`. */
  get manifests(): ManifestSource {
    return async (modelId) => (await this.#reader.model(fromHex(modelId)))?.manifest;
  }

  latestHeight(): Promise<bigint> {
    return this.#prover.latestHeight();
  }

  /** A checkpoint on this node's word alone: for whoever runs the node, or compares it with others. The latest height where none is given. */
  async checkpoint(options: { readonly trustingPeriodSeconds: bigint; readonly height?: bigint }): Promise<Checkpoint> {
    return this.#prover.checkpoint(options.height ?? (await this.latestHeight()), options.trustingPeriodSeconds);
  }

  /**
   * The receipt of the same job at the highest stage that the chain has reached, from the receipt that came with the answer: nobody but a node is asked.
   * The chain is read from the first height that could have accepted the row. Verify what comes, as any receipt.
   */
  async growReceipt(receiptBytes: Uint8Array, checkpoint: Checkpoint): Promise<GrownReceipt> {
    const { chainId: id, signed } = decodeReceipt(receiptBytes);
    const newest = (await this.latestHeight()) - 1n;
    const placed = await this.#findRow(signed.row, newest);
    if (placed === undefined) return grown({ stage: "signed", chainId: id, signed });
    const ordered = assembleOrdered(await this.#blockFacts(placed), placed.index);
    const settled = await this.#final({ chainId: id, signed }, ordered, placed, checkpoint, newest);
    return grown(settled ?? (await this.#pending({ chainId: id, signed }, ordered, placed, checkpoint, newest)));
  }

  async #findRow(row: Row, newest: bigint): Promise<PlacedRow | undefined> {
    const { params } = await this.#reader.escrowParams();
    const first = row.settleBy > params.settleByHorizon ? row.settleBy - params.settleByHorizon : 1n;
    const last = row.settleBy < newest ? row.settleBy : newest;
    return this.#firstOf(first, last, (block) => placeOfRow(block, row));
  }

  async #blockFacts(placed: PlacedRow): Promise<BlockFacts> {
    if (placed.kind === "forced") return { kind: "forced", header: placed.header, rowHashes: placed.rowHashes };
    const { term } = await this.#reader.query(rollupQuery.Query.method.term, {}, placed.acceptedHeight);
    const { kind, header, signature, rowHashes } = placed;
    return { kind, header, signature, rowHashes, sequencer: publicKey(term?.key ?? new Uint8Array()) };
  }

  async #pending(receipt: Signed, ordered: OrderedPart, placed: PlacedRow, checkpoint: Checkpoint, height: bigint): Promise<Receipt> {
    const pending = { acceptedHeight: placed.acceptedHeight, batchId: placed.kind === "block" ? placed.batchId : undefined };
    const { key, value } = pendingValue(ordered, pending);
    const proved = await this.#prover.prove(checkpoint, rollupStore, key, height);
    if (proved === undefined || !bytesEqual(proved.value, value)) return { stage: "ordered", ...receipt, ordered };
    return { stage: "pending", ...receipt, ordered, pending, chain: proved.chain };
  }

  async #final(receipt: Signed, ordered: OrderedPart, placed: PlacedRow, checkpoint: Checkpoint, newest: bigint): Promise<Receipt | undefined> {
    const { challengeWindow } = await this.#reader.rollupParams();
    const isOurs = endOf(placed);
    const found = await this.#firstOf(placed.acceptedHeight + challengeWindow, newest, (block) => {
      const own = endedBlocks(block).find(isOurs);
      return own === undefined ? undefined : { own, height: block.height };
    });
    if (found === undefined) return undefined;
    // The header that proves a height is the next one, and it must be above the checkpoint's.
    const height = found.height > checkpoint.height ? found.height : checkpoint.height;
    if (height > newest) return undefined;
    const { log, inclusion } = await this.#placeInLog(found.height, height, isOurs);
    const proved = await this.#prover.prove(checkpoint, rollupStore, finalLogKey(), height);
    if (proved === undefined) return undefined;
    const { logIndex: _place, ...facts } = finalFactsOf(found.own.record, found.own.exceptions, inclusion.index);
    return { stage: "final", ...receipt, ordered, final: { ...facts, log: { ...log, inclusion } }, chain: proved.chain };
  }

  /** The final log at `until`, and our record in it: from its peaks before `from` and what was announced since. */
  async #placeInLog(from: bigint, until: bigint, isOurs: (ended: EndedBlock) => boolean) {
    const { finalLog } = await this.#reader.query(rollupQuery.Query.method.finalLog, {}, from - 1n);
    const before: MerkleLog = { size: Number(finalLog?.size ?? 0n), peaks: (finalLog?.peaks ?? []).map((peak) => digest(peak)) };
    const ended: EndedBlock[] = [];
    for (let height = from; height <= until; height += HEIGHTS_AT_ONCE) ended.push(...(await this.#blocks(height, until)).flatMap(endedBlocks));
    return proveAppended(
      before,
      ended.map(({ record }) => hashLeaf(record)),
      ended.findIndex(isOurs),
    );
  }

  async #firstOf<T>(first: bigint, last: bigint, look: (block: CommittedBlock) => T | undefined): Promise<T | undefined> {
    for (let height = first; height <= last; height += HEIGHTS_AT_ONCE) {
      for (const block of await this.#blocks(height, last)) {
        const found = look(block);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** Some heights from `first` on, none above `last`. */
  #blocks(first: bigint, last: bigint): Promise<CommittedBlock[]> {
    const count = last - first + 1n < HEIGHTS_AT_ONCE ? last - first + 1n : HEIGHTS_AT_ONCE;
    return Promise.all(Array.from({ length: Number(count) }, (_, at) => this.#comet.committedBlock(first + BigInt(at))));
  }
}

function endOf(placed: PlacedRow): (ended: EndedBlock) => boolean {
  if (placed.kind === "forced") return ({ kind, number }) => kind === "forced" && number === placed.header.sequence;
  return ({ kind, term, number }) => kind === "block" && term === placed.header.term && number === placed.header.number;
}

function grown(receipt: Receipt): GrownReceipt {
  return { stage: receipt.stage, bytes: encodeReceipt(receipt) };
}
