import { type FeeParams, splitCharge } from "@lamina/rollup";
import type { Case } from "./vector.ts";

/** How a paid row's debit is shared: every rounding edge, and the largest charge (I5, T36). */
export function settlementVectors(): Case[] {
  const usual: FeeParams = { dataFee: 2n, signatureFee: 2n, protocolFeeBps: 200 };
  const most: FeeParams = { dataFee: 1_000_000n, signatureFee: 1_000_000n, protocolFeeBps: 2000 };
  const none: FeeParams = { dataFee: 0n, signatureFee: 0n, protocolFeeBps: 0 };
  const charges = [0n, 1n, 2n, 3n, 51n, 52n, 53n, 102n, 1000n, 999_999n, 1_000_001n, 123_456_789n, 2n ** 63n, 2n ** 64n - 1n];
  return [usual, most, none].flatMap((fees, set) =>
    charges.flatMap((charge) =>
      [false, true].map((individuallySigned): Case => {
        const shares = splitCharge(charge, fees, individuallySigned);
        if (shares.worker + shares.sequencer + shares.protocol !== shares.debit) throw new Error(`shares of ${charge} do not sum`);
        const input = {
          charge: `${charge}`,
          dataFee: `${fees.dataFee}`,
          signatureFee: `${fees.signatureFee}`,
          protocolFeeBps: `${fees.protocolFeeBps}`,
          individuallySigned,
        };
        const { debit, worker, sequencer, protocol } = shares;
        const expected = { debit: `${debit}`, worker: `${worker}`, sequencer: `${sequencer}`, protocol: `${protocol}` };
        return { name: `charge ${charge}, fees ${set}${individuallySigned ? ", individually signed" : ""}`, input, expected };
      }),
    ),
  );
}
