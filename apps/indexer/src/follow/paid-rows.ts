import type { Row } from "@lamina/codec";
import { type HeightContext, violate } from "./height-context.ts";

/** What the paid rows of a block sum up to. Amounts in ulam. */
export class PaidRows {
  readonly lanes = new Map<bigint, { charges: bigint; signed: bigint }>();
  charges = 0n;
  /** Rows that carry their own job's signature, which costs the payer a fee. */
  signed = 0n;

  add(row: Row, isSigned: boolean): void {
    let lane = this.lanes.get(row.lane);
    if (lane === undefined) {
      lane = { charges: 0n, signed: 0n };
      this.lanes.set(row.lane, lane);
    }
    lane.charges += row.charge;
    this.charges += row.charge;
    if (!isSigned) return;
    lane.signed += 1n;
    this.signed += 1n;
  }
}

/** The fee of each signed row: what was debited beyond the charges must be that many equal fees, to the last unit (I5). */
export function feeOf(context: HeightContext, paid: PaidRows, block: { readonly id: bigint; readonly debited: bigint }): bigint {
  const beyond = block.debited - paid.charges;
  const isExact = beyond >= 0n && (paid.signed === 0n ? beyond === 0n : beyond % paid.signed === 0n);
  if (isExact) return paid.signed === 0n ? 0n : beyond / paid.signed;
  const expected = `charges of ${paid.charges} and an equal fee for each of ${paid.signed} signed rows`;
  violate(context, "I5", `block ${block.id}: debited`, expected, block.debited);
  return 0n;
}
