import { encodeRow, rowLeafHash } from "@lamina/codec";
import { hashLeaf, MerkleTree } from "@lamina/merkle";
import { beforeAll, expect, test } from "vitest";
import { assembleFinal, assembleOrdered, type FinalFacts } from "./assemble-receipt.ts";
import type { Receipt } from "./receipt.ts";
import { finalLogValue, finalRecordBytes } from "./settled-value.ts";
import { type BuiltReceipt, buildReceipt, seededDigest } from "./testing/index.ts";

let built: BuiltReceipt;
let receipt: Extract<Receipt, { stage: "final" }>;
let facts: FinalFacts;
let records: MerkleTree;

beforeAll(async () => {
  built = await buildReceipt({ stage: "final", rows: 1 });
  if (built.receipt.stage !== "final") throw new Error("built a final receipt");
  receipt = built.receipt;
  const { log, ...part } = receipt.final;
  facts = { ...part, logIndex: log.inclusion.index };
  const record = finalRecordBytes(receipt.ordered, receipt.final);
  records = MerkleTree.fromLeaves(Array.from({ length: 9 }, (_, at) => (at === 4 ? record : seededDigest("record", at))));
});

test("facts of block and final log become the parts that verify", () => {
  const { inclusion, ...block } = receipt.ordered;
  expect(inclusion.index).toBe(0);
  const rowHashes = [rowLeafHash(receipt.signed.row)];
  const ordered = block.kind === "block" ? assembleOrdered({ ...block, rowHashes }, 0) : undefined;
  expect(ordered).toEqual(receipt.ordered);
  expect(assembleFinal(receipt.ordered, facts, records, finalLogValue(receipt.final.log).value)).toEqual(receipt.final);
});

test("facts that are not the chain's are refused", () => {
  const { value } = finalLogValue(receipt.final.log);
  if (receipt.ordered.kind !== "block") throw new Error("built a block");
  const { inclusion: _, ...block } = receipt.ordered;
  const otherRow = hashLeaf(encodeRow({ ...receipt.signed.row, charge: 1n }));
  expect(() => assembleOrdered({ ...block, rowHashes: [otherRow] }, 0)).toThrow("rows root: expected");
  expect(() => assembleFinal(receipt.ordered, facts, MerkleTree.fromLeaves([]), value)).toThrow(
    "final log: expected record 4 among the chain's 7, found 0 records",
  );
  expect(() => assembleFinal(receipt.ordered, { ...facts, logIndex: 7 }, records, value)).toThrow("record 7 among the chain's 7");
  expect(() => assembleFinal(receipt.ordered, { ...facts, debited: 1n }, records, value)).toThrow("record 4 of the final log: expected");
  const others = MerkleTree.fromLeaves(Array.from({ length: 9 }, (_, at) => seededDigest("other", at)));
  expect(() => assembleFinal(receipt.ordered, facts, others, value)).toThrow("peak 0 of the final log: expected");
});
