import type { CommittedBlock } from "./committed-block.ts";
import type { TxEvent } from "./tx-event.ts";

/** What a node says of itself. */
export interface CometStatus {
  readonly chainId: string;
  readonly latestHeight: bigint;
  /** Milliseconds since 1970, of the latest block's header. */
  readonly latestTimeMs: number;
  readonly isCatchingUp: boolean;
}

export interface AbciQuery {
  readonly path: string;
  readonly data: Uint8Array;
  /** The latest where not given. */
  readonly height?: bigint;
}

export interface AbciAnswer {
  /** 0 is success. */
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly value: Uint8Array;
  readonly height: bigint;
}

/** What the node's mempool said of a transaction. */
export interface CheckedTx {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

/** A transaction in a block, whether it succeeded or not. */
export interface IncludedTx {
  /** Upper-case hex. */
  readonly hash: string;
  readonly height: bigint;
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
  readonly events: readonly TxEvent[];
  /** One for each message of a successful transaction, protobuf. */
  readonly responses: readonly Uint8Array[];
}

/**
 * A CometBFT node's RPC, as far as Lamina asks it. What it answers is the node's word: proofs are checked elsewhere (T35).
 * Every method throws `ChainUnreachableError` when the node does not answer.
 */
export interface Comet {
  status(): Promise<CometStatus>;
  abciQuery(query: AbciQuery): Promise<AbciAnswer>;
  /** Hands a transaction to the node's mempool. */
  broadcast(tx: Uint8Array): Promise<CheckedTx>;
  /** Undefined while no block holds it. `hash`: 32 bytes. */
  findTx(hash: Uint8Array): Promise<IncludedTx | undefined>;
  /**
   * As `findTx`, out of one height's block and its results: a node's index lags when the node is busy, and has gaps where the node was killed.
   * Throws `HeightMissingError`.
   */
  findTxAt(hash: Uint8Array, height: bigint): Promise<IncludedTx | undefined>;
  /** A committed height whole: for who follows the chain. */
  committedBlock(height: bigint): Promise<CommittedBlock>;
  /** Any method of the RPC, its result as parsed JSON: for what is verified byte by byte by its reader (headers, commits, proofs). */
  call(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
}
