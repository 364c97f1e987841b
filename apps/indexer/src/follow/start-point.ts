import type { Comet } from "@lamina/chain-client";
import type { Sql } from "@lamina/db";
import { type ChainId, compareBytes, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import { genesisActors } from "./genesis.ts";
import { HistoryMissingError, IndexStateError } from "./index-state-error.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import { loadLedger } from "./load-ledger.ts";

export interface StartDependencies {
  readonly comet: Comet;
  readonly sql: Sql;
  readonly logger: Logger;
}

/**
 * Where following goes on, or begins. Throws `IndexStateError` where the database holds another chain's index (I34), `HistoryMissingError` where
 * node or chain cannot tell what comes next.
 */
export async function findStart(chainId: ChainId, deps: StartDependencies): Promise<Ledger> {
  const stored = await loadLedger(deps.sql);
  if (stored !== undefined && stored.chainId !== chainId) throw new IndexStateError(stored.ledger.height, `chain ${chainId}`, stored.chainId);
  const span = await nodeSpan(deps.comet);
  if (stored === undefined) return begin(deps.comet, span);
  await checkTip(stored.ledger, span, deps);
  return stored.ledger;
}

interface NodeSpan {
  readonly earliest: bigint;
  readonly latest: bigint;
}

async function nodeSpan(comet: Comet): Promise<NodeSpan> {
  const { sync_info: sync } = (await comet.call("status", {})) as {
    sync_info: { readonly earliest_block_height: string; readonly latest_block_height: string };
  };
  return { earliest: BigInt(sync.earliest_block_height), latest: BigInt(sync.latest_block_height) };
}

async function begin(comet: Comet, span: NodeSpan): Promise<Ledger> {
  const { initialHeight, actors } = await genesisActors(comet);
  if (actors.length > 0) {
    throw new HistoryMissingError(
      "a genesis without Lamina state, since rows and records before it are not in it",
      `${actors.join(", ")} at initial height ${initialHeight}`,
      `give this chain the index that followed it up to height ${initialHeight - 1n}`,
    );
  }
  if (span.earliest > initialHeight) throw pruned(initialHeight, span);
  return emptyLedger(initialHeight - 1n);
}

function pruned(needed: bigint, { earliest }: NodeSpan): HistoryMissingError {
  const expected = `height ${needed} at the node`;
  return new HistoryMissingError(expected, `${earliest} as its earliest`, "it has pruned what is missing: point RPC_URL at an archive node");
}

/** The node must hold what comes next, and the very header that the index ended with: a chain that was reset keeps its id. */
async function checkTip(ledger: Ledger, span: NodeSpan, { comet, logger }: StartDependencies): Promise<void> {
  if (span.earliest > ledger.height + 1n) throw pruned(ledger.height + 1n, span);
  if (span.latest < ledger.height) {
    logger.warn("node is behind the index", { nodeHeight: `${span.latest}`, indexHeight: `${ledger.height}` });
    return;
  }
  if (span.earliest > ledger.height || ledger.height === 0n) return;
  const { block_id: id } = (await comet.call("block", { height: `${ledger.height}` })) as { block_id: { readonly hash: string } };
  const found = new Uint8Array(Buffer.from(id.hash, "hex"));
  if (compareBytes(found, ledger.hash) !== 0) throw new IndexStateError(ledger.height, `header ${toHex(ledger.hash)}`, toHex(found));
}
