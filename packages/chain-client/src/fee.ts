import type { Batch } from "@lamina/codec";

const MILLION = 1_000_000n;

/** The fee of a transaction: gas × price, rounded up, so that it is never below the price. */
export function feeFor(gas: bigint, gasPriceUlamPerMillion: bigint): bigint {
  return (gas * gasPriceUlamPerMillion + MILLION - 1n) / MILLION;
}

export interface BatchGasParams {
  readonly gasPerBatch: bigint;
  readonly gasPerByte: bigint;
  readonly gasPerRow: bigint;
  readonly gasPerSignature: bigint;
}

/** What a batch touches, counted from its own rows. */
export interface BatchSize {
  readonly bytes: number;
  readonly rows: number;
  /** Headers, heads, spend roots and job signatures. */
  readonly signatures: number;
  readonly blocks: number;
  readonly runs: number;
  /** Lanes, once for each block that they occur in. */
  readonly lanes: number;
  /** Nonce chunks, once for each block that touches them: 256 nonces of one lane and epoch. */
  readonly nonceChunks: number;
}

const NONCES_PER_CHUNK = 256;
/** What the SDK charges for each byte of a transaction. */
const TX_GAS_PER_BYTE = 10n;
/** State reads and writes at the SDK's prices, rounded up; a nonce chunk is 32 bytes at 30 gas, read and written. */
const GAS = { base: 300_000n, perBlock: 60_000n, perRun: 30_000n, perLane: 16_000n, perChunk: 6_000n, perRow: 200n };

/** Counts what a batch touches. `epochHeights` is the chain's layout. */
export function batchSize(batch: Batch, bytes: number, epochHeights: bigint): BatchSize {
  const size = { bytes, rows: 0, signatures: 0, blocks: batch.blocks.length, runs: 0, lanes: 0, nonceChunks: 0 };
  for (const { rows, runs, authorisations } of batch.blocks) {
    const chunks = new Set(rows.map((row) => `${row.lane}/${row.settleBy / epochHeights}/${Math.floor(row.nonce / NONCES_PER_CHUNK)}`));
    const signed = authorisations.reduce((sum, each) => sum + (each.mode === "root" ? 1 : each.signatures.length), 0);
    size.rows += rows.length;
    size.runs += runs.length;
    size.lanes += authorisations.length;
    size.signatures += 1 + runs.length + signed;
    size.nonceChunks += chunks.size;
  }
  return size;
}

/**
 * An upper estimate of a batch's gas, from the chain's prices. Computed, since simulating would run every batch twice; a sender that guessed too
 * low tries again with twice as much.
 */
export function batchGas(size: BatchSize, params: BatchGasParams): bigint {
  const bytes = BigInt(size.bytes) * (params.gasPerByte + TX_GAS_PER_BYTE);
  const work = BigInt(size.rows) * (params.gasPerRow + GAS.perRow) + BigInt(size.signatures) * params.gasPerSignature;
  const places = BigInt(size.blocks) * GAS.perBlock + BigInt(size.runs) * GAS.perRun;
  const state = BigInt(size.lanes) * GAS.perLane + BigInt(size.nonceChunks) * GAS.perChunk;
  return GAS.base + params.gasPerBatch + bytes + work + places + state;
}
