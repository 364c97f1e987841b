import { bytesEqual, toHex } from "@lamina/primitives";
import type { Checkpoint } from "../checkpoint.ts";
import { chooseSteps, type SignedBlockSource } from "../choose-steps.ts";
import type { SignedBlock } from "../commit.ts";
import { hashHeader } from "../header.ts";
import type { ChainPart } from "../receipt.ts";
import { encodeStoreProof } from "../store-proof.ts";
import type { Validator } from "../validator-set.ts";
import { RpcAnswer, RpcAnswerError } from "./rpc-answer.ts";
import { signedBlockOf, validatorOf } from "./rpc-block.ts";

/** A method of a node's RPC; its result as parsed JSON. */
export type RpcCall = (method: string, params: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** What a store held at one height, and the way from a checkpoint to the header that commits to it. */
export interface ProvedValue {
  /** Height whose state this is: the header that proves it is the next one. */
  readonly height: bigint;
  readonly value: Uint8Array;
  readonly chain: ChainPart;
}

const validatorsPerPage = 100;
const blocksKept = 64;

/** Collects what receipts prove with, from a node that need not be trusted: what it says falsely does not verify (T35). */
export class ChainProver implements SignedBlockSource {
  readonly #call: RpcCall;
  readonly #blocks = new Map<bigint, SignedBlock>();

  constructor(call: RpcCall) {
    this.#call = call;
  }

  /** Height of the newest block whose commit the node has whole. */
  async latestHeight(): Promise<bigint> {
    const status = new RpcAnswer(await this.#call("status", {}), "status");
    return status.at("sync_info").at("latest_block_height").integer();
  }

  /** The block at `height` with its validators and every signature for it. Throws `RpcAnswerError` where they do not belong together. */
  async signedBlock(height: bigint): Promise<SignedBlock> {
    const known = this.#blocks.get(height);
    if (known !== undefined) return known;
    const commit = new RpcAnswer(await this.#call("commit", { height: String(height) }), "commit");
    const block = signedBlockOf(commit, await this.#validators(height));
    const named = commit.at("signed_header").at("commit").at("block_id").at("hash").hex();
    if (!bytesEqual(named, hashHeader(block.header))) throw new RpcAnswerError("commit.block_id.hash", toHex(hashHeader(block.header)), toHex(named));
    if (this.#blocks.size >= blocksKept) this.#blocks.clear();
    // The newest block's commit may still change: the node may have seen more precommits by the time it is asked again.
    if (commit.at("canonical").isTrue) this.#blocks.set(height, block);
    return block;
  }

  /** Proves what `store` holds under `key` at `height` to readers of `checkpoint`; undefined where it holds nothing, or no steps lead there. */
  async prove(
    checkpoint: Pick<Checkpoint, "height" | "nextValidatorsHash">,
    store: string,
    key: Uint8Array,
    height: bigint,
  ): Promise<ProvedValue | undefined> {
    const params = { path: `/store/${store}/key`, data: toHex(key), height: String(height), prove: true };
    const response = new RpcAnswer(await this.#call("abci_query", params), "abci_query").at("response");
    const code = response.at("code").isAbsent ? 0 : response.at("code").number();
    if (code !== 0) throw new RpcAnswerError("abci_query.response.code", "0", response.at("log").text());
    if (response.at("value").isAbsent || response.at("value").text() === "") return undefined;
    const operations = response.at("proofOps").at("ops").list();
    const storeProof = encodeStoreProof(operations.map((operation) => operation.at("data").base64()));
    const steps = await chooseSteps(checkpoint, height + 1n, this);
    if (steps.kind === "refused") return undefined;
    return { height, value: response.at("value").base64(), chain: { storeProof, path: steps.path } };
  }

  /** A checkpoint of the block at `height`, on this node's word alone: for whoever runs the node, or has compared it with others. */
  async checkpoint(height: bigint, trustingPeriodSeconds: bigint): Promise<Checkpoint> {
    const { header } = await this.signedBlock(height);
    const { chainId, nextValidatorsHash, time } = header;
    return { chainId, height, headerHash: hashHeader(header), nextValidatorsHash, time, trustingPeriodSeconds };
  }

  async #validators(height: bigint): Promise<Validator[]> {
    const validators: Validator[] = [];
    for (let page = 1; ; page += 1) {
      const params = { height: String(height), page: String(page), per_page: String(validatorsPerPage) };
      const answer = new RpcAnswer(await this.#call("validators", params), "validators");
      const found = answer.at("validators").list();
      validators.push(...found.map(validatorOf));
      if (found.length === 0 || BigInt(validators.length) >= answer.at("total").integer()) return validators;
    }
  }
}
