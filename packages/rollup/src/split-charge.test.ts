import { loadVectors } from "@lamina/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { splitCharge } from "./split-charge.ts";

type Input = { charge: string; dataFee: string; signatureFee: string; protocolFeeBps: string; individuallySigned: boolean };

test.each(loadVectors<Input, Record<string, string>>("settlement/amounts"))("$name", ({ input, expected }) => {
  const fees = { dataFee: BigInt(input.dataFee), signatureFee: BigInt(input.signatureFee), protocolFeeBps: Number(input.protocolFeeBps) };
  const shares = splitCharge(BigInt(input.charge), fees, input.individuallySigned);
  expect(Object.fromEntries(Object.entries(shares).map(([name, amount]) => [name, `${amount}`]))).toEqual(expected);
});

test("the shares sum to the debit and none is negative, for every charge and fee in bounds (I5)", () => {
  const fee = fc.bigInt({ min: 0n, max: 1_000_000n });
  const charge = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const anything = [charge, fee, fee, fc.integer({ min: 0, max: 2000 }), fc.boolean()] as const;
  const sums = fc.property(...anything, (amount, dataFee, signatureFee, protocolFeeBps, signed) => {
    const { debit, worker, sequencer, protocol } = splitCharge(amount, { dataFee, signatureFee, protocolFeeBps }, signed);
    expect(worker + sequencer + protocol).toBe(debit);
    for (const share of [worker, sequencer, protocol]) expect(share).toBeGreaterThanOrEqual(0n);
  });
  fc.assert(sums);
});
