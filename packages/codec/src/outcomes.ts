/** How a row ended. Source: docs/spec/final.md. */
export const Outcome = { paid: 1, void: 2, refunded: 3, overturned: 4, skipped: 5, open: 6 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const PaidReason = { individuallySigned: 1 } as const;

export const VoidReason = {
  expired: 1,
  overCeiling: 2,
  laneExhausted: 3,
  laneRevoked: 4,
  laneExpired: 5,
  laneDisallows: 6,
  nonceUsed: 7,
  nonceOutOfRange: 8,
  settleByTooFar: 9,
  workerJailed: 10,
  workerUnbonding: 11,
  incarnationClosed: 12,
  overExposure: 13,
  wrongUnits: 14,
  wrongCharge: 15,
  modelDisallows: 16,
  unknownProfile: 17,
  forkedLog: 18,
  wrongItems: 19,
  keyRetired: 20,
} as const;
export type VoidReason = (typeof VoidReason)[keyof typeof VoidReason];

export const RefundedReason = { workerConvicted: 1 } as const;
export const SkippedReason = { alreadySettled: 1 } as const;

const OUTCOME_NAMES = ["paid", "void", "refunded", "overturned", "skipped", "open"] as const;
export type OutcomeName = (typeof OUTCOME_NAMES)[number];

const VOID_NAMES = [
  "expired",
  "over_ceiling",
  "lane_exhausted",
  "lane_revoked",
  "lane_expired",
  "lane_disallows",
  "nonce_used",
  "nonce_out_of_range",
  "settle_by_too_far",
  "worker_jailed",
  "worker_unbonding",
  "incarnation_closed",
  "over_exposure",
  "wrong_units",
  "wrong_charge",
  "model_disallows",
  "unknown_profile",
  "forked_log",
  "wrong_items",
  "key_retired",
] as const;

const REASON_NAMES: Record<number, readonly string[]> = {
  [Outcome.paid]: ["individually_signed"],
  [Outcome.void]: VOID_NAMES,
  [Outcome.refunded]: ["worker_convicted"],
  [Outcome.overturned]: [],
  [Outcome.skipped]: ["already_settled"],
  [Outcome.open]: [],
};

/** The page's word for an outcome, undefined for a number that is none. */
export function outcomeName(outcome: number): OutcomeName | undefined {
  return OUTCOME_NAMES[outcome - 1];
}

/** The page's word for a reason of an outcome, undefined for a pair that the page does not know. */
export function reasonName(outcome: number, reason: number): string | undefined {
  return REASON_NAMES[outcome]?.[reason - 1];
}
