import type { ValuesOf } from "./parameter.ts";
import { narrow, wide } from "./parameter.ts";

/** Parameters of the module `rollup`. Source: docs/spec/parameters.md. */
export const ROLLUP = {
  challengeWindow: wide("heights", 1n, 100_000n),
  finalityEntriesPerBlock: narrow("entries", 1, 20_000),
  batchBytesMax: narrow("bytes", 10_000, 4_000_000),
  batchRowsMax: narrow("rows", 1, 50_000),
  batchBlocksMax: narrow("blocks", 1, 4_096),
  blockRunsMax: narrow("runs", 1, 10_000),
  batchIdsKept: narrow("batches", 1, 4_096),
  dataFee: wide("ulam per row", 0n, 1_000_000n),
  signatureFee: wide("ulam per row", 0n, 1_000_000n),
  protocolFeeBps: narrow("1/10,000", 0, 2_000),
  takeoverHeights: wide("heights", 2n, 100_000n),
  incarnationDelay: wide("heights", 1n, 100_000n),
  exposureBps: narrow("1/10,000", 1, 7_500),
  gasPerBatch: wide("gas"),
  gasPerByte: wide("gas"),
  gasPerRow: wide("gas"),
  gasPerSignature: wide("gas"),
} as const;

/** Parameters of the module `escrow`. */
export const ESCROW = {
  settleByHorizon: wide("heights", 10n, 1_000_000n),
  withdrawalDelay: wide("heights", 1n, 1_000_000n),
  laneGrace: wide("heights", 1n, 1_000_000n),
  laneModelsMax: narrow("models", 1, 256),
} as const;

/** Set at genesis and never changed: state is laid out by them. */
export const ESCROW_LAYOUT = {
  epochHeights: wide("heights", 10n, 1_000_000n),
  noncesPerEpoch: wide("nonces", 1_024n, 1n << 24n),
} as const;

/** Parameters of the module `registry`. */
export const REGISTRY = {
  workerBondMin: wide("ulam", 1n),
  sequencerBondMin: wide("ulam", 1n),
  unbondingHeights: wide("heights", 1n),
  disputeHeightsMax: wide("heights", 1n, 1_000_000n),
  jailHeights: wide("heights", 1n, 1_000_000n),
  equivocationSlashBps: narrow("1/10,000", 1, 10_000),
  reporterBps: narrow("1/10,000", 0, 2_500),
  manifestBytesMax: narrow("bytes", 1_024, 262_144),
  workerModelsMax: narrow("models", 1, 256),
} as const;

/** Consensus parameters that Lamina sets itself. */
export const CONSENSUS = {
  blockMaxGas: wide("gas"),
  blockMaxBytes: wide("bytes"),
} as const;

export type RollupParams = ValuesOf<typeof ROLLUP>;
export type EscrowParams = ValuesOf<typeof ESCROW>;
export type EscrowLayout = ValuesOf<typeof ESCROW_LAYOUT>;
export type RegistryParams = ValuesOf<typeof REGISTRY>;
export type ConsensusParams = ValuesOf<typeof CONSENSUS>;
