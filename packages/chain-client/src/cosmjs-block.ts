import { createHash } from "node:crypto";
import { bytesEqual, toHex } from "@lamina/primitives";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { HeightMissingError } from "./chain-errors.ts";
import type { IncludedTx } from "./comet.ts";
import type { CommittedBlock, CommittedMessage, CommittedTx } from "./committed-block.ts";
import type { TxEvent } from "./tx-event.ts";

/** A method of the RPC by name, its result as parsed JSON. */
type Call = (method: string, params: Readonly<Record<string, unknown>>) => Promise<unknown>;

interface BlockAnswer {
  readonly block_id: { readonly hash: string };
  readonly block: {
    readonly header: { readonly chain_id: string; readonly height: string; readonly time: string; readonly last_block_id: { readonly hash: string } };
    readonly data: { readonly txs: readonly string[] | null };
  };
}

interface TxResult {
  readonly code?: number;
  readonly codespace?: string;
  readonly log?: string;
  /** Base64. */
  readonly data?: string | null;
  readonly gas_wanted?: string;
  readonly gas_used?: string;
  readonly events?: readonly TxEvent[] | null;
}

interface ResultsAnswer {
  readonly txs_results: readonly TxResult[] | null;
  readonly finalize_block_events: readonly TxEvent[] | null;
}

/**
 * Reads one committed height: its transactions that succeeded with the events of each message, and the block's own events. The RPC's JSON is taken
 * as it comes: CosmJS would build signatures and validator sets of each block too, which costs a follower that catches up most of its time.
 * Throws `HeightMissingError`.
 */
export async function readCommittedBlock(call: Call, height: bigint): Promise<CommittedBlock> {
  const params = { height: `${height}` };
  const [{ block_id, block }, results] = await Promise.all([
    existing(height, call("block", params)) as Promise<BlockAnswer>,
    existing(height, call("block_results", params)) as Promise<ResultsAnswer>,
  ]);
  const transactions = (block.data.txs ?? []).flatMap((text, index): CommittedTx[] => {
    const result = results.txs_results?.[index];
    if (result === undefined) throw missingResult(height, index);
    if ((result.code ?? 0) !== 0) return [];
    const tx = Buffer.from(text, "base64");
    return [{ hash: sha256(tx), gasUsed: BigInt(result.gas_used ?? 0), messages: messagesOf(tx, result.events ?? []) }];
  });
  return {
    chainId: block.header.chain_id,
    height: BigInt(block.header.height),
    hash: bytesOf(block_id.hash),
    previousHash: bytesOf(block.header.last_block_id.hash),
    timeMs: Date.parse(block.header.time),
    transactions,
    events: results.finalize_block_events ?? [],
  };
}

/** One transaction of a committed height, whatever became of it; undefined where the height does not hold it. Throws `HeightMissingError`. */
export async function findTxInBlock(call: Call, hash: Uint8Array, height: bigint): Promise<IncludedTx | undefined> {
  const params = { height: `${height}` };
  const { block } = (await existing(height, call("block", params))) as BlockAnswer;
  const index = (block.data.txs ?? []).findIndex((text) => bytesEqual(sha256(Buffer.from(text, "base64")), hash));
  if (index === -1) return undefined;
  const { txs_results } = (await existing(height, call("block_results", params))) as ResultsAnswer;
  const result = txs_results?.[index];
  if (result === undefined) throw missingResult(height, index);
  const { code = 0, codespace = "", log = "", gas_wanted = "0", gas_used = "0", events, data } = result;
  const gas = { gasWanted: BigInt(gas_wanted), gasUsed: BigInt(gas_used) };
  const responses = responsesOf(Buffer.from(data ?? "", "base64"));
  return { hash: toHex(hash).toUpperCase(), height, code, codespace, log, ...gas, events: (events ?? []).map(plainEvent), responses };
}

/** Without the RPC's own marks of what it indexes. */
function plainEvent({ type, attributes }: TxEvent): TxEvent {
  return { type, attributes: attributes.map(({ key, value }) => ({ key, value })) };
}

/** A transaction's data: one response for each of its messages. */
export function responsesOf(data: Uint8Array): Uint8Array[] {
  return TxMsgData.decode(data).msgResponses.map(({ value }) => value);
}

function missingResult(height: bigint, index: number): Error {
  return new Error(`height ${height}: expected a result for transaction ${index}, found none`);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** The RPC tells "no longer" and "not yet" from "cannot" by words alone. */
const MISSING = /is not available|could not find (block|results)|must be less than or equal to the current blockchain height|no block/i;

async function existing(height: bigint, answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw MISSING.test(reason) ? new HeightMissingError({ height: `${height}`, reason }, { cause: error }) : error;
  }
}

function messagesOf(tx: Uint8Array, events: readonly TxEvent[]): CommittedMessage[] {
  const { messages } = TxBody.decode(TxRaw.decode(tx).bodyBytes);
  const caused = messages.map((): TxEvent[] => []);
  for (const event of events) {
    const index = event.attributes.find(({ key }) => key === "msg_index")?.value;
    if (index !== undefined) caused[Number(index)]?.push(event);
  }
  return messages.map(({ typeUrl, value }, index) => ({ typeName: typeUrl.replace(/^\//, ""), value, events: caused[index] ?? [] }));
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
