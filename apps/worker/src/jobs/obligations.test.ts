import { SeededRng } from "@lamina/testing";
import { expect, test } from "vitest";
import { type Held, Obligations } from "./obligations.ts";

interface Row extends Held {
  isGone: boolean;
}

/** A list of everything ever held, looked through anew at each question. */
function modelOf(rows: readonly Row[]) {
  const open = rows.filter(({ isGone }) => !isGone);
  return {
    debitOf: (lane: bigint) => open.filter((each) => each.lane === lane).reduce((sum, { debit }) => sum + debit, 0n),
    openCharge: open.reduce((sum, { charge }) => sum + charge, 0n),
  };
}

test.each([1, 2, 3, 4, 5])("sums are those of a plain list, whatever happens in which order (seed %s)", (seed) => {
  const rng = new SeededRng(seed);
  const obligations = new Obligations();
  const rows: { held: Held; row: Row }[] = [];
  let count = 0n;
  let settled = 0n;
  for (let step = 0; step < 20_000; step++) {
    const waiting = rows.filter(({ row }) => row.index === undefined && !row.isGone);
    const each = waiting[0];
    const action = rng.below(4);
    if (action === 0 || each === undefined) {
      const charge = BigInt(rng.below(50));
      const obligation = { lane: BigInt(rng.below(4)), debit: charge + 2n, charge, epoch: 1n, nonce: step };
      rows.push({ held: obligations.hold(obligation), row: { ...obligation, index: undefined, isGone: false } });
    } else if (action === 1) {
      obligations.release(each.held);
      each.row.isGone = true;
    } else if (action === 2) {
      obligations.place(each.held, count);
      each.row.index = count++;
    } else if (settled < count) {
      settled += BigInt(rng.below(Number(count - settled) + 1));
      obligations.settle(settled);
      for (const { row } of rows) if (row.index !== undefined && row.index < settled) row.isGone = true;
    }
    if (step % 500 !== 0) continue;
    const model = modelOf(rows.map(({ row }) => row));
    expect(obligations.openCharge).toBe(model.openCharge);
    for (const lane of [0n, 1n, 2n, 3n]) expect(obligations.debitOf(lane)).toBe(model.debitOf(lane));
  }
});

test("a nonce is taken in its lane and epoch alone, until the epoch is over", () => {
  const obligations = new Obligations();
  const held = obligations.hold({ lane: 1n, debit: 3n, charge: 1n, epoch: 2n, nonce: 9 });
  expect(obligations.isNonceTaken(1n, 2n, 9)).toBe(true);
  for (const [lane, epoch, nonce] of [[2n, 2n, 9] as const, [1n, 3n, 9] as const, [1n, 2n, 8] as const]) {
    expect(obligations.isNonceTaken(lane, epoch, nonce)).toBe(false);
  }
  obligations.place(held, 0n);
  obligations.settle(1n);
  expect(obligations.isNonceTaken(1n, 2n, 9)).toBe(true);
  obligations.forgetEpochsBefore(2n);
  expect(obligations.isNonceTaken(1n, 2n, 9)).toBe(true);
  obligations.forgetEpochsBefore(3n);
  expect(obligations.isNonceTaken(1n, 2n, 9)).toBe(false);
});
