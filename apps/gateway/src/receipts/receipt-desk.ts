import { decodeForcedHeader, decodeHeader } from "@lamina/codec";
import {
  assembleFinal,
  assembleOrdered,
  type BlockFacts,
  type ChainProver,
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
import { BaseError, batchId, bytesEqual, digest, fromHex, isHex, publicKey, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import { GatewayError } from "../gateway-error.ts";
import type { JobArchive } from "../jobs/job-archive.ts";
import type { RequestStore } from "../requests/request-store.ts";
import type { FinalLog } from "./final-log.ts";
import type { SettlementFollower } from "./settlement-follower.ts";
import { leaves, type PlacedBlock, type SettlementStore } from "./settlement-store.ts";

/** Where a reader's trust begins. */
export type TrustStart = Pick<Checkpoint, "height" | "nextValidatorsHash">;

export interface FoundReceipt {
  readonly stage: ReceiptStage;
  readonly jobIdHex: string;
  readonly bytes: Uint8Array;
}

export interface ReceiptDeskDependencies {
  readonly archive: JobArchive;
  readonly requests: RequestStore;
  readonly store: SettlementStore;
  readonly follower: Pick<SettlementFollower, "height">;
  readonly finalLog: FinalLog;
  readonly prover: ChainProver;
  /** The gateway's own checkpoint, for readers that name none; undefined: the chain's first block. */
  readonly checkpoint: TrustStart | undefined;
  readonly logger: Logger;
}

type OrderedReceipt = Exclude<Receipt, { readonly stage: "signed" }>;

/** Receipts of an organisation's own jobs, at the highest stage that the chain has reached and this gateway has seen (docs/spec/receipt.md). */
export class ReceiptDesk {
  readonly #dependencies: ReceiptDeskDependencies;

  constructor(dependencies: ReceiptDeskDependencies) {
    this.#dependencies = dependencies;
  }

  /** By job id in hex, or by the id of an answered request. Throws `GatewayError` (`not_found`). */
  async find(organisationId: string, id: string, checkpointHeight: bigint | undefined): Promise<FoundReceipt> {
    const jobId = await this.#jobIdOf(organisationId, id);
    const job = jobId === undefined ? undefined : await this.#dependencies.archive.find(organisationId, jobId);
    if (jobId === undefined || job?.receipt === undefined) throw new GatewayError("not_found", "no such receipt");
    const signed = decodeReceipt(job.receipt);
    const receipt = await this.#grow(
      { stage: "signed", chainId: signed.chainId, signed: signed.signed },
      organisationId,
      jobId,
      job.leafHash,
      checkpointHeight,
    );
    return { stage: receipt.stage, jobIdHex: toHex(jobId), bytes: encodeReceipt(receipt) };
  }

  async #grow(
    receipt: Extract<Receipt, { stage: "signed" }>,
    organisationId: string,
    jobId: Uint8Array,
    leafHash: Uint8Array | undefined,
    checkpointHeight: bigint | undefined,
  ): Promise<Receipt> {
    const block = await this.#dependencies.store.blockOf(organisationId, jobId);
    const facts = block === undefined ? undefined : factsOf(block);
    const index = facts === undefined || leafHash === undefined ? -1 : facts.rowHashes.findIndex((each) => bytesEqual(each, leafHash));
    if (block === undefined || facts === undefined || index < 0) return receipt;
    const ordered: OrderedReceipt = { ...receipt, stage: "ordered", ordered: assembleOrdered(facts, index) };
    if (block.acceptedHeight === undefined) return ordered;
    try {
      return (await this.#settled(ordered, block, checkpointHeight)) ?? ordered;
    } catch (error) {
      // A lower stage is true as well; what is missing comes with the next block, or once the node answers again.
      if (!(error instanceof BaseError)) throw error;
      this.#dependencies.logger.warn("a receipt cannot be proved on the chain yet", { jobId: toHex(jobId), error });
      return ordered;
    }
  }

  async #settled(
    { chainId, signed, ordered }: OrderedReceipt,
    block: PlacedBlock,
    checkpointHeight: bigint | undefined,
  ): Promise<Receipt | undefined> {
    const { prover, follower } = this.#dependencies;
    const trust = await this.#trust(checkpointHeight);
    // The header that proves a height is the next one.
    const newest = (await prover.latestHeight()) - 1n;
    const height = follower.height < newest ? follower.height : newest;
    if (block.logIndex !== undefined) {
      const final = await this.#final(ordered, block.logIndex, trust, height);
      return final === undefined ? undefined : { stage: "final", chainId, signed, ordered, ...final };
    }
    const pending = { acceptedHeight: block.acceptedHeight ?? 0n, batchId: block.batchId === undefined ? undefined : batchId(block.batchId) };
    const { key, value } = pendingValue(ordered, pending);
    const proved = await prover.prove(trust, rollupStore, key, height);
    if (proved === undefined || !bytesEqual(proved.value, value)) return undefined;
    return { stage: "pending", chainId, signed, ordered, pending, chain: proved.chain };
  }

  async #final(ordered: OrderedPart, logIndex: bigint, trust: TrustStart, height: bigint) {
    const { prover, store, finalLog } = this.#dependencies;
    const record = await store.record(logIndex);
    const proved = await prover.prove(trust, rollupStore, finalLogKey(), height);
    if (record === undefined || proved === undefined) return undefined;
    const facts = finalFactsOf(record.record, record.exceptions, Number(logIndex));
    return { final: assembleFinal(ordered, facts, await finalLog.tree(), proved.value), chain: proved.chain };
  }

  async #trust(checkpointHeight: bigint | undefined): Promise<TrustStart> {
    const { checkpoint, prover } = this.#dependencies;
    if (checkpointHeight === undefined && checkpoint !== undefined) return checkpoint;
    const { header } = await prover.signedBlock(checkpointHeight ?? 1n);
    return { height: header.height, nextValidatorsHash: header.nextValidatorsHash };
  }

  async #jobIdOf(organisationId: string, id: string): Promise<Uint8Array | undefined> {
    if (isHex(id, 32)) return fromHex(id);
    return (await this.#dependencies.requests.byId(organisationId, id))?.jobId;
  }
}

/** The block as receipts want it; undefined where the sequencer's key was not known yet. */
function factsOf(block: PlacedBlock): BlockFacts | undefined {
  const rowHashes = leaves(block.leafHashes).map(digest);
  if (block.kind === 2) return { kind: "forced", header: decodeForcedHeader(block.header), rowHashes };
  if (block.sequencerKey === undefined || block.signature === undefined) return undefined;
  return { kind: "block", header: decodeHeader(block.header), sequencer: publicKey(block.sequencerKey), signature: block.signature, rowHashes };
}
