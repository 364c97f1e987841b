import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { decodeForcedHeader, decodeHeader, decodeRow, NO_PARAMETERS } from "@lamina/codec";
import { MerkleTree } from "@lamina/merkle";
import { batchId, type ChainId, digest, fromHex, publicKey } from "@lamina/primitives";
import { vectorsFolder } from "@lamina/testing";
import { afterAll, expect, test } from "vitest";
import { assembleFinal, assembleOrdered, type BlockFacts, finalFactsOf } from "./assemble-receipt.ts";
import { encodeReceipt } from "./encode-receipt.ts";
import type { OrderedPart, Receipt, SignedPart } from "./receipt.ts";
import { finalLogValue, pendingValue } from "./settled-value.ts";
import { encodeStoreProof } from "./store-proof.ts";
import { buildChain, chainStartSeconds } from "./testing/index.ts";
import { verifyReceipt } from "./verify-receipt.ts";

/** What chain/tools/receiptfacts writes: see there. */
interface Facts {
  name: string;
  chainId: string;
  row: string;
  salt: string;
  inputCommitment: string;
  reference: string;
  previousHead: string;
  following: string[];
  headSignature: string;
  header: string;
  sequencer?: string;
  signature?: string;
  rowHashes: string[];
  index: number;
  pending?: { acceptedHeight: string; batchId?: string };
  final?: { record: string; exceptions: string; logIndex: number; records: string[] };
  appHash: string;
  value: string;
  operations: string[];
  outcome: string;
  reason?: string;
}

const folder = mkdtempSync(join(tmpdir(), "lamina-receipt-facts-"));
afterAll(() => rmSync(folder, { recursive: true }));

function factsOfChain(): Facts[] {
  const path = join(folder, "facts.json");
  const chain = join(dirname(dirname(vectorsFolder())), "chain");
  execFileSync("go", ["test", "-count=1", "./tools/receiptfacts"], {
    cwd: chain,
    env: { ...process.env, LAMINA_RECEIPT_FACTS: path },
    stdio: "pipe",
  });
  return JSON.parse(readFileSync(path, "utf8"));
}

function signedPartOf(facts: Facts): SignedPart {
  const secret = {
    salt: fromHex(facts.salt),
    inputCommitment: digest(fromHex(facts.inputCommitment)),
    parameters: NO_PARAMETERS,
    reference: fromHex(facts.reference),
  };
  const following = facts.following.map((hash) => digest(fromHex(hash)));
  const head = { previousHead: digest(fromHex(facts.previousHead)), following, signature: fromHex(facts.headSignature) };
  return { row: decodeRow(fromHex(facts.row)), private: secret, head };
}

function orderedPartOf(facts: Facts): OrderedPart {
  const rowHashes = facts.rowHashes.map((hash) => digest(fromHex(hash)));
  const header = fromHex(facts.header);
  const block: BlockFacts =
    facts.sequencer === undefined
      ? { kind: "forced", header: decodeForcedHeader(header), rowHashes }
      : {
          kind: "block",
          header: decodeHeader(header),
          sequencer: publicKey(fromHex(facts.sequencer)),
          signature: fromHex(facts.signature ?? ""),
          rowHashes,
        };
  return assembleOrdered(block, facts.index);
}

async function receiptOf(facts: Facts): Promise<{ receipt: Receipt; checkpoint: ReturnType<ReturnType<typeof buildChain>["checkpointAt"]> }> {
  const chainId = facts.chainId as ChainId;
  const comet = buildChain({ chainId, heights: 4, validatorsAt: () => ({ a: 10, b: 10, c: 10, d: 10 }), appHashAt: () => fromHex(facts.appHash) });
  const checkpoint = comet.checkpointAt(2);
  const chain = { storeProof: encodeStoreProof(facts.operations.map(fromHex)), path: await comet.pathTo(checkpoint, 4) };
  const [signed, ordered] = [signedPartOf(facts), orderedPartOf(facts)];
  if (facts.pending !== undefined) {
    const pending = {
      acceptedHeight: BigInt(facts.pending.acceptedHeight),
      batchId: facts.pending.batchId === undefined ? undefined : batchId(fromHex(facts.pending.batchId)),
    };
    expect(pendingValue(ordered, pending).value).toEqual(fromHex(facts.value));
    return { receipt: { stage: "pending", chainId, signed, ordered, pending, chain }, checkpoint };
  }
  const { record, exceptions, logIndex, records } = facts.final ?? { record: "", exceptions: "", logIndex: 0, records: [] };
  const log = MerkleTree.fromLeaves(records.map(fromHex));
  const final = assembleFinal(ordered, finalFactsOf(fromHex(record), fromHex(exceptions), logIndex), log, fromHex(facts.value));
  expect(finalLogValue(final.log).value).toEqual(fromHex(facts.value));
  return { receipt: { stage: "final", chainId, signed, ordered, final, chain }, checkpoint };
}

test("receipts of what the chain really did say what it did", { timeout: 600_000 }, async () => {
  const all = factsOfChain();
  expect(all.length).toBeGreaterThan(5);
  for (const facts of all) {
    const { receipt, checkpoint } = await receiptOf(facts);
    const verdict = verifyReceipt(encodeReceipt(receipt), { checkpoint, now: { seconds: chainStartSeconds + 60n, nanos: 0 } });
    const told = verdict.kind === "valid" ? { outcome: verdict.outcome, reason: verdict.reason } : verdict;
    expect({ name: facts.name, ...told }).toEqual({ name: facts.name, outcome: facts.outcome, reason: facts.reason });
  }
  expect(new Set(all.map(({ outcome, reason }) => `${outcome} ${reason ?? ""}`.trim()))).toEqual(
    new Set(["pending", "paid", "void over_ceiling", "paid individually_signed"]),
  );
});
