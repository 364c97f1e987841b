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

export interface BatchSize {
  readonly bytes: number;
  readonly rows: number;
  /** Headers, heads, spend roots and job signatures. */
  readonly signatures: number;
}

/** What the SDK charges for each byte of a transaction. */
const TX_GAS_PER_BYTE = 10n;
/** State that a row touches at most: its lane, log, operator and nonce chunk, mostly shared with its neighbours. */
const STATE_GAS_PER_ROW = 1_500n;
const STATE_GAS_BASE = 1_000_000n;

/**
 * An upper estimate of a batch's gas, from the chain's prices. Computed, since simulating would run every batch twice; a sender that guessed too
 * low tries again with twice as much.
 */
export function batchGas(size: BatchSize, params: BatchGasParams): bigint {
  const bytes = BigInt(size.bytes) * (params.gasPerByte + TX_GAS_PER_BYTE);
  const work = BigInt(size.rows) * (params.gasPerRow + STATE_GAS_PER_ROW) + BigInt(size.signatures) * params.gasPerSignature;
  return STATE_GAS_BASE + params.gasPerBatch + bytes + work;
}
