import type { CommittedBlock, TxEvent } from "@lamina/chain-client";

const ULAM = /^(\d+)ulam$/;

/** What the bank moved into an account in a height, less what it moved out, ulam: `coin_received` and `coin_spent` of all messages and the block itself. */
export function bankFlow(block: CommittedBlock, account: string): bigint {
  let flow = 0n;
  const count = (event: TxEvent): void => {
    if (event.type === "coin_received" && attribute(event, "receiver") === account) flow += amountOf(event);
    if (event.type === "coin_spent" && attribute(event, "spender") === account) flow -= amountOf(event);
  };
  for (const { messages } of block.transactions) for (const { events } of messages) events.forEach(count);
  block.events.forEach(count);
  return flow;
}

function attribute(event: TxEvent, key: string): string | undefined {
  return event.attributes.find(({ key: found }) => found === key)?.value;
}

/** Coins are a list, `5ulam,7other`; an empty text is none. */
function amountOf(event: TxEvent): bigint {
  return (attribute(event, "amount") ?? "").split(",").reduce((sum, coin) => sum + BigInt(ULAM.exec(coin)?.[1] ?? 0), 0n);
}
