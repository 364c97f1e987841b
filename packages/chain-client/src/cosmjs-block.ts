import { sha256 } from "@cosmjs/crypto";
import type { Comet38Client, comet38 } from "@cosmjs/tendermint-rpc";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import type { CommittedBlock, CommittedMessage, CommittedTx } from "./committed-block.ts";
import type { TxEvent } from "./tx-event.ts";

/** Reads one committed height: its transactions that succeeded with the events of each message, and the block's own events. */
export async function readCommittedBlock(client: Comet38Client, height: bigint): Promise<CommittedBlock> {
  const [{ block }, results] = await Promise.all([client.block(Number(height)), client.blockResults(Number(height))]);
  const transactions = block.txs.flatMap((tx, index): CommittedTx[] => {
    const result = results.results[index];
    if (result === undefined || result.code !== 0) return [];
    return [{ hash: sha256(tx), gasUsed: result.gasUsed, messages: messagesOf(tx, result.events) }];
  });
  return {
    chainId: block.header.chainId,
    height: BigInt(block.header.height),
    timeMs: block.header.time.getTime(),
    transactions,
    events: results.finalizeBlockEvents.map(eventOf),
  };
}

function messagesOf(tx: Uint8Array, events: readonly comet38.Event[]): CommittedMessage[] {
  const { messages } = TxBody.decode(TxRaw.decode(tx).bodyBytes);
  const all = events.map(eventOf);
  return messages.map(({ typeUrl, value }, index) => ({
    typeName: typeUrl.replace(/^\//, ""),
    value,
    events: all.filter(({ attributes }) => attributes.some((attribute) => attribute.key === "msg_index" && attribute.value === `${index}`)),
  }));
}

function eventOf({ type, attributes }: comet38.Event): TxEvent {
  return { type, attributes: attributes.map(({ key, value }) => ({ key, value })) };
}
