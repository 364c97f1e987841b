import { type Batch, decodeBatch, encodeBatch, genesisParent, type PostedBlock, verifySignature } from "@lamina/codec";
import type { Digest, Signature } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { checkBatch } from "./check-block.ts";
import { cutBatch } from "./cut-batch.ts";
import { draftBlock, finishBlock } from "./draft-block.ts";
import { planBlock } from "./plan-block.ts";
import { authorise, SampleLog, sampleChain, sequencer, spenders } from "./testing/sample-log.ts";

const keys = { sequencerKey: sequencer.publicKey, spenderOf: (lane: bigint) => spenders.get(lane)?.publicKey, verify: verifySignature };

/** Two blocks of two logs: the first under roots, the second under the jobs' own signatures. */
function batchOfTwo(): Batch {
  const [one, two] = [new SampleLog(1, 6), new SampleLog(2, 6)];
  const first = blockOf([one.queue(3), two.queue(2)], 1n, genesisParent(sampleChain), "root");
  const rest = [{ ...one.empty(), waiting: [one.segment(3, 6)] }];
  const second = blockOf(rest, 2n, first.hash, "each");
  return { term: 1n, firstNumber: 1n, parent: genesisParent(sampleChain), blocks: [first.posted, second.posted] };
}

function blockOf(queues: Parameters<typeof planBlock>[0], number: bigint, parent: Digest, mode: "root" | "each") {
  const plan = planBlock(queues, { rowsMax: 100, runsMax: 10 });
  if (plan === undefined) throw new Error("nothing to plan");
  const draft = draftBlock(plan, { chainId: sampleChain, term: 1n, number, parent, referenceHeight: 40n + number });
  const signature = sequencer.sign(draft.placed.bytes) as Signature;
  return { hash: draft.placed.hash, posted: finishBlock(draft, authorise(draft.lanes, mode), signature) };
}

function spoil(at: number, change: (block: PostedBlock) => Partial<PostedBlock>): Batch {
  const batch = batchOfTwo();
  return { ...batch, blocks: batch.blocks.map((block, index) => (index === at ? { ...block, ...change(block) } : block)) };
}

const flip = (signature: Signature) => Uint8Array.from(signature, (byte, at) => (at === 3 ? byte ^ 1 : byte)) as Signature;
const itemOf = (batch: Batch) => {
  const check = checkBatch(sampleChain, batch, keys);
  return check.kind === "valid" ? "valid" : check.item;
};

describe("a batch", () => {
  test("made by the rules holds by the rules, also after it was posted", () => {
    expect(itemOf(batchOfTwo())).toBe("valid");
    expect(itemOf(decodeBatch(encodeBatch(batchOfTwo())))).toBe("valid");
  });

  test.each<[string, Batch]>([
    ["blocks[0].level", spoil(0, () => ({ level: 2 }))],
    ["blocks[0].charges", spoil(0, ({ charges }) => ({ charges: charges + 1n }))],
    ["blocks[1].rows_root", spoil(1, () => ({ rowsRoot: new Uint8Array(32) as Digest }))],
    ["blocks[0].signature", spoil(0, ({ signature }) => ({ signature: flip(signature) }))],
    [
      "blocks[0].runs[1].signature",
      spoil(0, ({ runs }) => ({ runs: runs.map((run, at) => (at === 1 ? { ...run, signature: flip(run.signature) } : run)) })),
    ],
    ["blocks[1].reference_height", spoil(1, () => ({ referenceHeight: 40n }))],
    [
      "blocks[0].authorisations[0]",
      spoil(0, ({ authorisations }) => ({
        authorisations: authorisations.map((each, at) => (at === 0 && each.mode === "root" ? { ...each, signature: flip(each.signature) } : each)),
      })),
    ],
    [
      "blocks[1].authorisations[0][0]",
      spoil(1, ({ authorisations }) => ({
        authorisations: authorisations.map((each) => (each.mode === "each" ? { ...each, signatures: each.signatures.map(flip) } : each)),
      })),
    ],
    ["blocks[0].signature", { ...batchOfTwo(), parent: new Uint8Array(32) as Digest }],
    ["blocks[0].signature", { ...batchOfTwo(), term: 2n }],
  ])("spoilt names %s", (item, batch) => {
    expect(itemOf(batch)).toBe(item);
  });

  test("a row of a lane that does not exist is refused, and so is one that a stranger authorised (T66)", () => {
    expect(checkBatch(sampleChain, batchOfTwo(), { ...keys, spenderOf: () => undefined })).toMatchObject({ kind: "invalid" });
    expect(checkBatch(sampleChain, batchOfTwo(), { ...keys, spenderOf: () => sequencer.publicKey })).toMatchObject({ kind: "invalid" });
  });

  test("is cut to the limits, never below one block", () => {
    const { term, firstNumber, parent, blocks } = batchOfTwo();
    const whole = { bytesMax: 100_000, rowsMax: 100, blocksMax: 10 };
    const count = (limits: typeof whole) => cutBatch(term, firstNumber, parent, blocks, limits).batch.blocks.length;
    expect(count(whole)).toBe(2);
    expect(count({ ...whole, blocksMax: 1 })).toBe(1);
    expect(count({ ...whole, rowsMax: 7 })).toBe(1);
    const size = cutBatch(term, firstNumber, parent, blocks, whole).bytes.length;
    expect(count({ ...whole, bytesMax: size })).toBe(2);
    expect(count({ ...whole, bytesMax: size - 1 })).toBe(1);
  });
});
