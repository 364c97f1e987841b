import { emptyLog, type MerkleLog } from "@lamina/merkle";

/** A lane as far as money goes. */
export interface LedgerLane {
  readonly payer: string;
  balance: bigint;
  isClosed: boolean;
}

/** A payer's money in escrow outside lanes. */
export interface LedgerDeposit {
  free: bigint;
  /** Withdrawals under way. */
  leaving: bigint;
}

/** A block that is accepted and not final, with what was paid for it so far. */
export interface LedgerBlock {
  readonly id: bigint;
  readonly kind: number;
  readonly term: bigint;
  readonly number: bigint;
  readonly headerHash: string;
  readonly rowsRoot: string;
  readonly rows: number;
  readonly firstResult: bigint;
  readonly acceptedHeight: bigint;
  readonly debited: bigint;
  /** Runs of rows not plainly paid, as the chain told when it accepted the block. */
  readonly exceptions: readonly { readonly first: number; readonly count: number; readonly outcome: string; readonly reason: string }[];
  workers: bigint;
  sequencer: bigint;
  protocol: bigint;
  refunded: bigint;
}

/** Tables whose lines are numbered in the order of the chain. */
export const NUMBERED = ["signing_keys", "models", "batches", "blocks", "results", "transfers", "faults"] as const;
export type Numbered = (typeof NUMBERED)[number];

/**
 * What the heights so far leave for the next to build on: names that later rows use, balances, blocks that are not final. It grows with actors and
 * open blocks, never with results. It is read from the database at the start and after any failure, and moved on by `decodeHeight` alone, so that
 * what is decoded ahead of the database never becomes a second truth.
 */
export interface Ledger {
  height: bigint;
  /** Of that height's header; empty before the first. */
  hash: Uint8Array;
  timeMs: number;
  readonly next: Record<Numbered, bigint>;
  /** Hex of a signing key. */
  readonly keys: Map<string, { readonly keyId: number; readonly operatorId: bigint }>;
  /** Hex of a model id. */
  readonly models: Map<string, number>;
  /** A term to its sequencer's key. */
  readonly sequencers: Map<bigint, Uint8Array>;
  /** An operator's id to its bond. */
  readonly bonds: Map<bigint, bigint>;
  readonly lanes: Map<bigint, LedgerLane>;
  readonly deposits: Map<string, LedgerDeposit>;
  /** By `placeOf`. */
  readonly pending: Map<string, LedgerBlock>;
  finalLog: MerkleLog;
}

/** Kind and number name a block: numbers go on from term to term. */
export function placeOf(kind: number, number: bigint): string {
  return `${kind}/${number}`;
}

/** A chain's ledger before its first height. */
export function emptyLedger(heightBefore: bigint): Ledger {
  return {
    height: heightBefore,
    hash: new Uint8Array(),
    timeMs: 0,
    next: { signing_keys: 1n, models: 1n, batches: 1n, blocks: 1n, results: 1n, transfers: 1n, faults: 1n },
    keys: new Map(),
    models: new Map(),
    sequencers: new Map(),
    bonds: new Map(),
    lanes: new Map(),
    deposits: new Map(),
    pending: new Map(),
    finalLog: emptyLog,
  };
}

/** Takes the next number of a table. */
export function takeNumber(ledger: Ledger, table: Numbered): bigint {
  const number = ledger.next[table];
  ledger.next[table] = number + 1n;
  return number;
}

export function depositOf(ledger: Ledger, payer: string): LedgerDeposit {
  const found = ledger.deposits.get(payer);
  if (found !== undefined) return found;
  const fresh = { free: 0n, leaving: 0n };
  ledger.deposits.set(payer, fresh);
  return fresh;
}
