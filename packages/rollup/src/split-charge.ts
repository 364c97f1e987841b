/** What the chain's parameters say about fees; amounts in ulam. Source: docs/spec/parameters.md. */
export interface FeeParams {
  /** Ulam per row. */
  readonly dataFee: bigint;
  /** Ulam per row whose job's own signature was posted. */
  readonly signatureFee: bigint;
  /** 1/10,000. */
  readonly protocolFeeBps: number;
}

/** Where a paid row's debit goes, ulam. The parts sum to the debit, to the last unit (I5). */
export interface ChargeShares {
  readonly debit: bigint;
  readonly worker: bigint;
  /** Data share and signature fee. */
  readonly sequencer: bigint;
  readonly protocol: bigint;
}

/** Splits the charge of a payable row: the data share first, the protocol's of what is left, rounded down; the rest is the worker's. Source: docs/spec/settlement.md. */
export function splitCharge(charge: bigint, fees: FeeParams, individuallySigned: boolean): ChargeShares {
  const data = fees.dataFee < charge ? fees.dataFee : charge;
  const protocol = ((charge - data) * BigInt(fees.protocolFeeBps)) / 10_000n;
  const signature = individuallySigned ? fees.signatureFee : 0n;
  return { debit: charge + signature, worker: charge - data - protocol, sequencer: data + signature, protocol };
}
