import { createHash } from "node:crypto";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { HeightMissingError } from "./chain-errors.ts";
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

interface ResultsAnswer {
  readonly txs_results: readonly { readonly code?: number; readonly gas_used?: string; readonly events?: readonly TxEvent[] | null }[] | null;
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
    if (result === undefined) throw new Error(`height ${height}: expected a result for transaction ${index}, found none`);
    if ((result.code ?? 0) !== 0) return [];
    const tx = Buffer.from(text, "base64");
    const hash = new Uint8Array(createHash("sha256").update(tx).digest());
    return [{ hash, gasUsed: BigInt(result.gas_used ?? 0), messages: messagesOf(tx, result.events ?? []) }];
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
