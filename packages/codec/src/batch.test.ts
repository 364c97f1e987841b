import { chainId, DecodeError, type Digest, type ModelId, type PublicKey, type Signature } from "@lamina/primitives";
import { SeededRng } from "@lamina/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Batch,
  batchIdOf,
  decodeBatch,
  decodeForcedRun,
  encodeBatch,
  encodeForcedRun,
  type LaneAuthorisation,
  type PostedBlock,
  type PostedRun,
  type Row,
  rowsPerLane,
  rowsRoot,
  sumCharges,
} from "./index.ts";

const chain = chainId("lamina-test-1");

/** A block of some runs whose rows are drawn from few models and lanes, as real ones are, or from the whole range of every field. */
function block(rng: SeededRng, wild: boolean): PostedBlock {
  const models = Array.from({ length: 3 }, () => rng.bytes(32) as ModelId);
  const small = (bound: number) => BigInt(rng.below(bound));
  const u64 = (bound: number) => (wild ? rng.u64() : small(bound));
  const referenceHeight = u64(1000);
  const workers = Array.from({ length: 1 + rng.below(3) }, (_, at) => Uint8Array.from([at, ...rng.bytes(31)]) as PublicKey);
  const runs: PostedRun[] = workers.map((worker) => ({
    worker,
    incarnation: rng.below(wild ? 0xffffffff : 2),
    start: small(1000),
    count: 1 + rng.below(5),
    previousHead: rng.bytes(32) as Digest,
    signature: rng.bytes(64) as Signature,
  }));
  const rows: Row[] = runs.flatMap((run) =>
    Array.from({ length: run.count }, (_, offset) => {
      const [units, unitPrice] = [u64(4), u64(20)];
      return {
        level: 1,
        param: 0,
        worker: run.worker,
        incarnation: run.incarnation,
        index: run.start + BigInt(offset),
        lane: u64(3),
        nonce: wild ? rng.below(2 ** 32) : rng.below(2000),
        model: rng.pick(models),
        profile: wild ? rng.below(2 ** 16) : 1 + rng.below(2),
        items: wild ? rng.below(2 ** 32) : 1,
        unitPrice,
        ceiling: u64(100),
        settleBy: u64(2000),
        h: rng.bytes(32) as Digest,
        units,
        charge: wild ? rng.u64() : units * unitPrice,
        output: rng.bytes(32) as Digest,
      };
    }),
  );
  const authorisations = rowsPerLane(rows).map(
    ([lane, count]): LaneAuthorisation =>
      rng.below(2) === 0
        ? { lane, mode: "root", signature: rng.bytes(64) as Signature }
        : { lane, mode: "each", signatures: Array.from({ length: count }, () => rng.bytes(64) as Signature) },
  );
  const charges = BigInt.asUintN(64, sumCharges(rows));
  return {
    level: 1,
    param: 0,
    referenceHeight,
    charges,
    rowsRoot: rowsRoot(rows),
    signature: rng.bytes(64) as Signature,
    runs,
    rows,
    authorisations,
  };
}

function batch(seed: number, wild: boolean): Batch {
  const rng = new SeededRng(seed);
  const blocks = Array.from({ length: 1 + rng.below(3) }, () => block(rng, wild));
  return { term: rng.u64(), firstNumber: BigInt(1 + rng.below(100)), parent: rng.bytes(32) as Digest, blocks };
}

describe("a batch", () => {
  test.each([false, true])("comes back whole, every column (whole range of fields: %s)", (wild) => {
    const comesBack = fc.property(fc.nat(), (seed) => {
      expect(decodeBatch(encodeBatch(batch(seed, wild)))).toEqual(batch(seed, wild));
    });
    fc.assert(comesBack, { numRuns: 60 });
  });

  test("whatever decodes has no other spelling: decoding and encoding gives the same bytes", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (seed, at, bit) => {
        const bytes = encodeBatch(batch(seed % 50, false));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] as number) ^ (1 << bit);
        let decoded: Batch;
        try {
          decoded = decodeBatch(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(encodeBatch(decoded)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test("cut anywhere it is refused", () => {
    const bytes = encodeBatch(batch(7, false));
    for (let length = 0; length < bytes.length; length++) expect(() => decodeBatch(bytes.subarray(0, length))).toThrow(DecodeError);
  });

  test("has an id that no signature changes (T28)", () => {
    const original = batch(3, false);
    const [first, ...rest] = original.blocks;
    if (first === undefined) throw new Error("a batch without blocks");
    const resigned = { ...original, blocks: [{ ...first, signature: new Uint8Array(64) as Signature }, ...rest] };
    expect(batchIdOf(chain, resigned)).toEqual(batchIdOf(chain, original));
  });
});

test("a small batch that claims four billion rows is refused before they are made", () => {
  const bytes = encodeBatch(batch(5, false));
  const decoded = decodeBatch(bytes);
  const rows = decoded.blocks[0]?.rows.length ?? 0;
  const needle = [0, 0, 0, rows, 0, 0, 0, decoded.blocks[0]?.runs.length ?? 0];
  const at = bytes.findIndex((_, index) => needle.every((byte, offset) => bytes[index + offset] === byte));
  bytes.set([0xff, 0xff, 0xff, 0xff], at);
  expect(() => decodeBatch(bytes)).toThrow(DecodeError);
});

test("a forced run comes back whole, and only with each job's own signature", () => {
  const [source] = batch(11, false).blocks;
  const run = source?.runs[0];
  if (source === undefined || run === undefined) throw new Error("a block without runs");
  const rows = source.rows.slice(0, run.count);
  const each = rowsPerLane(rows).map(
    ([lane, count]): LaneAuthorisation => ({
      lane,
      mode: "each",
      signatures: Array.from({ length: count }, (_, at) => new Uint8Array(64).fill(at) as Signature),
    }),
  );
  const forced = { level: 1, param: 0, referenceHeight: source.referenceHeight, run, rows, authorisations: each };
  expect(decodeForcedRun(encodeForcedRun(forced))).toEqual(forced);
  const rooted = each.map(({ lane }): LaneAuthorisation => ({ lane, mode: "root", signature: new Uint8Array(64) as Signature }));
  expect(() => encodeForcedRun({ ...forced, authorisations: rooted })).toThrow("each job's own signature");
});
