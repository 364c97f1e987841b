import { preset, ULAM_PER_LAM } from "@lamina/params";

const { registry } = preset("minimal");

/** What the actors of a devnet hold, bond and charge, in ulam. Nothing here is a rule of the protocol. */
export const DEMO = {
  /** All coins beyond the validators' own. */
  treasuryUlam: 1_000_000_000n * ULAM_PER_LAM,
  /** For fees, beyond what is bonded or deposited. */
  feesUlam: 100n * ULAM_PER_LAM,
  /** A worker's open value is capped by its bond: ten times the least leaves room for a bench. */
  workerBondUlam: 10n * registry.workerBondMin,
  sequencerBondUlam: registry.sequencerBondMin,
  depositUlam: 1_000_000n * ULAM_PER_LAM,
  laneLimitUlam: 500_000n * ULAM_PER_LAM,
  /** Heights for which the demo lane stays open: a year of half seconds. */
  laneHeights: 63_072_000n,
  unitPriceUlam: 100n,
} as const;

/** The region that devnet operators name. */
export const DEMO_REGION = "local";
