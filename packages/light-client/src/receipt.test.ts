import { type ExceptionRun, Outcome, VoidReason } from "@lamina/codec";
import { concatBytes } from "@lamina/primitives";
import { SeededRng } from "@lamina/testing";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeReceipt } from "./decode-receipt.ts";
import { encodeReceipt } from "./encode-receipt.ts";
import type { Receipt, ReceiptStage } from "./receipt.ts";
import { type BuiltReceipt, buildReceipt, chainStartSeconds, type NamedPowers, type ReceiptPlan } from "./testing/index.ts";
import { nativeVerifySignature } from "./testing/native-verify.ts";
import type { Timestamp } from "./timestamp.ts";
import { type ReceiptReader, verifyReceipt } from "./verify-receipt.ts";

const now: Timestamp = { seconds: chainStartSeconds + 60n, nanos: 0 };
const stages: ReceiptStage[] = ["signed", "ordered", "pending", "final"];
const four: NamedPowers = { a: 10, b: 10, c: 10, d: 10 };

function readerOf(built: BuiltReceipt): ReceiptReader {
  return { checkpoint: built.checkpoint, now, verifySignature: nativeVerifySignature };
}

function judge(built: BuiltReceipt, receipt: Receipt = built.receipt, reader: Partial<ReceiptReader> = {}): string {
  const verdict = verifyReceipt(encodeReceipt(receipt), { ...readerOf(built), ...reader });
  return verdict.kind === "valid" ? verdict.outcome : verdict.reason;
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  return flipped;
}

describe.each(stages)("stage %s", (stage) => {
  test.each(["block", "forced"] as const)("a receipt of a %s verifies and has one encoding", async (kind) => {
    const built = await buildReceipt({ stage, kind });
    const bytes = encodeReceipt(built.receipt);
    expect(decodeReceipt(bytes)).toEqual(built.receipt);
    const verdict = verifyReceipt(bytes, { checkpoint: built.checkpoint, now, inputs: built.inputs, outputs: built.outputs });
    expect(verdict).toMatchObject({ kind: "valid", outcome: stage === "final" ? "paid" : stage });
    expect(verifyReceipt(concatBytes(bytes, Uint8Array.of(0)), readerOf(built)).kind).toBe("unreadable");
    expect(verifyReceipt(bytes.subarray(0, -1), readerOf(built)).kind).toBe("unreadable");
  });
});

describe.each(["block", "forced"] as const)("a %s under one validator", (kind) => {
  test("no flipped bit is accepted", { timeout: 120_000 }, async () => {
    const built = await buildReceipt({
      stage: "final",
      kind,
      rows: kind === "block" ? 5 : 1,
      exceptions: [{ first: 0, count: 1, outcome: Outcome.void, reason: VoidReason.expired }],
    });
    const bytes = encodeReceipt(built.receipt);
    const reader = readerOf(built);
    expect(verifyReceipt(bytes, reader).kind).toBe("valid");
    // A forced run's receipt differs in one part alone: CI tries every fifth of its bits.
    const stride = kind === "block" || process.env["LAMINA_LONG"] === "1" ? 1 : 5;
    for (let bit = 0; bit < bytes.length * 8; bit += stride) {
      if (verifyReceipt(flipBit(bytes, bit), reader).kind === "valid") expect.fail(`bit ${bit} of ${bytes.length * 8}`);
    }
  });
});

test("of 2,000 flipped bits in a four-validator receipt none is accepted", { timeout: 120_000 }, async () => {
  const built = await buildReceipt({ stage: "final", validatorsAt: (height) => (height < 7 ? four : { e: 10, f: 10, c: 10, d: 10 }) });
  const bytes = encodeReceipt(built.receipt);
  const reader = readerOf(built);
  const rng = new SeededRng(2026);
  for (let round = 0; round < 2000; round += 1) {
    const bit = rng.below(bytes.length * 8);
    if (verifyReceipt(flipBit(bytes, bit), reader).kind === "valid") expect.fail(`bit ${bit}`);
  }
});

describe("outcomes", () => {
  const exceptions: ExceptionRun[] = [
    { first: 0, count: 1, outcome: Outcome.skipped, reason: 1 },
    { first: 2, count: 2, outcome: Outcome.void, reason: VoidReason.overCeiling },
  ];
  test.each<[string, ExceptionRun[], { outcome: string; reason: string | undefined }]>([
    ["paid", [], { outcome: "paid", reason: undefined }],
    ["paid beside exceptions", [{ first: 3, count: 1, outcome: Outcome.skipped, reason: 1 }], { outcome: "paid", reason: undefined }],
    ["paid with its own signature", [{ first: 2, count: 1, outcome: Outcome.paid, reason: 1 }], { outcome: "paid", reason: "individually_signed" }],
    ["void", exceptions, { outcome: "void", reason: "over_ceiling" }],
    ["refunded", [{ first: 0, count: 5, outcome: Outcome.refunded, reason: 1 }], { outcome: "refunded", reason: "worker_convicted" }],
    ["skipped", [{ first: 2, count: 1, outcome: Outcome.skipped, reason: 1 }], { outcome: "skipped", reason: "already_settled" }],
  ])("%s", async (_, runs, expected) => {
    const built = await buildReceipt({ stage: "final", exceptions: runs });
    expect(verifyReceipt(encodeReceipt(built.receipt), readerOf(built))).toMatchObject({ kind: "valid", ...expected });
  });

  test("a void row is not shown as paid by leaving its exception out (T73)", async () => {
    const built = await buildReceipt({ stage: "final", exceptions });
    if (built.receipt.stage !== "final") throw new Error("built a final receipt");
    const kept = exceptions.slice(0, 1);
    expect(judge(built, { ...built.receipt, final: { ...built.receipt.final, exceptions: kept } })).toContain("final record does not stand at 4");
  });
});

describe("answers", () => {
  let built: BuiltReceipt;
  beforeAll(async () => {
    built = await buildReceipt({ stage: "final" });
  });
  const spoil = (items: BuiltReceipt["inputs"]) => items.map((item) => item.map((tensor) => ({ ...tensor, data: flipBit(tensor.data, 5) })));

  test("another input or output is not the one that was committed to", () => {
    expect(judge(built, built.receipt, { inputs: spoil(built.inputs) })).toBe("the input is not the one that was committed to");
    expect(judge(built, built.receipt, { outputs: spoil(built.outputs) })).toBe("the output is not the one that was committed to");
    expect(judge(built, built.receipt, { outputs: built.inputs })).toBe("the output is not the one that was committed to");
    expect(judge(built, built.receipt, { outputs: [] })).toBe("the row has 1 items, the output 0");
    expect(judge(built, built.receipt, { outputs: [...built.outputs, ...built.outputs] })).toBe("the row has 1 items, the output 2");
  });
});

describe("trust", () => {
  const build = (plan: Partial<ReceiptPlan> = {}) => buildReceipt({ stage: "final", ...plan });

  test("a receipt re-signed by a stranger's validators is refused", async () => {
    const built = await build();
    const strangers = await build({ validatorsAt: () => ({ mallory: 10 }) });
    expect(judge(strangers)).toBe("paid");
    expect(judge(strangers, strangers.receipt, { checkpoint: built.checkpoint })).toContain("the trusted set must be named as carried");
  });

  test("a set that changed by more than a third is followed", async () => {
    const rolling = (height: number): NamedPowers => Object.fromEntries([0, 1, 2, 3].map((at) => [`v${Math.floor(height / 2) + at}`, 10]));
    const built = await build({ validatorsAt: rolling });
    expect(judge(built)).toBe("paid");
    if (built.receipt.stage !== "final") throw new Error("built a final receipt");
    const { chain } = built.receipt;
    expect(chain.path.length).toBeGreaterThan(1);
    expect(judge(built, { ...built.receipt, chain: { ...chain, path: chain.path.slice(1) } })).toContain("height");
  });

  test("a receipt of another chain, a checkpoint too old or too new is refused", async () => {
    const built = await build();
    const other = await build({ chainId: "lamina-other-1" });
    expect(judge(built, built.receipt, { checkpoint: other.checkpoint })).toBe(
      "the checkpoint is of chain lamina-other-1, the receipt of lamina-test-1",
    );
    expect(judge(built, built.receipt, { now: { seconds: now.seconds + 90_000n, nanos: 0 } })).toContain("may be used for 86400 s");
    expect(judge(built, built.receipt, { now: { seconds: chainStartSeconds, nanos: 0 } })).toContain("is ahead of now");
    expect(judge(built, built.receipt, { checkpoint: built.chain.checkpointAt(12) })).toContain("must be above the trusted height 12");
  });

  test("a receipt of another stage's state is refused", async () => {
    const pending = await build({ stage: "pending" });
    const final = await build();
    if (pending.receipt.stage !== "pending" || final.receipt.stage !== "final") throw new Error("built both stages");
    expect(judge(final, { ...final.receipt, chain: pending.receipt.chain })).toContain("the store proof is of key 02");
    expect(judge(pending, { ...pending.receipt, chain: final.receipt.chain })).toContain("the store proof is of key 01");
  });
});

describe("parts that do not belong together", () => {
  test("each is named", async () => {
    const built = await buildReceipt({ stage: "ordered" });
    if (built.receipt.stage !== "ordered" || built.receipt.ordered.kind !== "block") throw new Error("built an ordered receipt of a block");
    const { receipt } = built;
    const { signed, ordered } = built.receipt;
    expect(judge(built, { ...receipt, signed: { ...signed, private: { ...signed.private, salt: new Uint8Array(32) } } })).toContain(
      "do not lead to the row's h",
    );
    expect(judge(built, { ...receipt, signed: { ...signed, row: { ...signed.row, charge: 20n } } })).toContain("the worker's signature");
    expect(judge(built, { ...receipt, signed: { ...signed, head: { ...signed.head, following: [] } } })).toContain("the worker's signature");
    const inclusion = { ...ordered.inclusion, index: 1 };
    expect(judge(built, { ...receipt, ordered: { ...ordered, inclusion } })).toBe("the row does not stand at 1 of the block's 5 rows");
    expect(judge(built, { ...receipt, ordered: { ...ordered, header: { ...ordered.header, number: 8n } } })).toContain("the sequencer's signature");
    expect(judge(built, { ...receipt, ordered: { ...ordered, header: { ...ordered.header, level: 3 } } })).toContain(
      "the row's level 1:0 is not the block's, 3:0",
    );
  });
});

test("whatever the bytes are, the answer is a verdict", async () => {
  const built = await buildReceipt({ stage: "final", validatorsAt: () => four });
  const bytes = encodeReceipt(built.receipt);
  const anyEdit = fc.record({ at: fc.nat({ max: bytes.length }), cut: fc.nat({ max: 80 }), put: fc.uint8Array({ maxLength: 80 }) });
  fc.assert(
    fc.property(anyEdit, ({ at, cut, put }) => {
      const edited = concatBytes(bytes.subarray(0, at), put, bytes.subarray(at + cut));
      const isSame = Buffer.compare(edited, bytes) === 0;
      expect(verifyReceipt(edited, readerOf(built)).kind === "valid").toBe(isSame);
    }),
    { numRuns: 300 },
  );
});
