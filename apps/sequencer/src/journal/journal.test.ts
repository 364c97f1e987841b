import { genesisParent } from "@lamina/codec";
import { chainId, type Digest, type ModelId, type PublicKey, type Signature } from "@lamina/primitives";
import { draftBlock, finishBlock, type LogQueue, planBlock } from "@lamina/rollup";
import { recordingLogger } from "@lamina/telemetry/testing";
import { type FakeEnv, fakeEnv } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { Journal } from "./journal.ts";
import { type JournalBlock, JournalError, journalBlock } from "./journal-record.ts";

const chain = chainId("lamina-test-1");
const key = new Uint8Array(32).fill(7) as PublicKey;
const FILE = "/journal/journal-0000000001.log";

function open(env: FakeEnv, change: Partial<Parameters<typeof Journal.open>[0]> = {}) {
  const options = { directory: "/journal", chainId: chain, key, fileBytesMax: 1_000_000, ...change };
  return Journal.open(options, { env, logger: recordingLogger() });
}

/** A block of one row; its signatures are nobody's, since the journal does not judge. */
function block(number: bigint, term = 1n): JournalBlock {
  const env = fakeEnv(number);
  const digest = () => env.random.bytes(32) as Digest;
  const log = { worker: key, level: 1, param: 0, incarnation: 0 };
  const fixed = { ...log, lane: 1n, nonce: 0, model: digest() as Uint8Array as ModelId, profile: 1, items: 1, index: number };
  const row = { ...fixed, unitPrice: 1n, ceiling: 1n, settleBy: 9n, h: digest(), units: 1n, charge: 1n, output: digest() };
  const signature = env.random.bytes(64) as Signature;
  const rows = [{ row, leafHash: digest(), jobSignature: signature }];
  const segment = { start: number, previousHead: digest(), rows, head: digest(), signature };
  const queue: LogQueue = { log, tip: { count: number, head: digest() }, waiting: [segment] };
  const plan = planBlock([queue], { rowsMax: 9, runsMax: 9 });
  if (plan === undefined) throw new Error("nothing to plan");
  const draft = draftBlock(plan, { chainId: chain, term, number, parent: genesisParent(chain), referenceHeight: 1n });
  return journalBlock(draft.placed, finishBlock(draft, [{ lane: 1n, mode: "root", signature }], signature));
}

const numbersIn = (journal: Journal) => journal.blocks.map(({ term, number }) => `${term}/${number}`);

describe("the signer's journal", () => {
  test("gives back what it took, whole", async () => {
    const env = fakeEnv(1);
    const journal = await open(env);
    for (const number of [1n, 2n, 3n]) await journal.appendBlock(block(number));
    env.files.losePower();
    const again = await open(env);
    expect(again.blocks).toEqual([1n, 2n, 3n].map((number) => block(number)));
  });

  test("takes no number twice, nor one below another, in a term (I11)", async () => {
    const journal = await open(fakeEnv(1));
    await journal.appendBlock(block(5n));
    await expect(journal.appendBlock(block(5n))).rejects.toThrow("expected a number above 5 in term 1");
    await expect(journal.appendBlock(block(4n))).rejects.toThrow(JournalError);
    await journal.appendTerm(2n, 3n, genesisParent(chain));
    await expect(journal.appendBlock(block(3n, 2n))).rejects.toThrow("above 3 in term 2");
    await journal.appendBlock(block(4n, 2n));
  });

  test("remembers the highest number also when all its blocks were let go, over many files", async () => {
    const env = fakeEnv(1);
    const small = { fileBytesMax: 500 };
    const journal = await open(env, small);
    for (let number = 1n; number <= 8n; number++) await journal.appendBlock(block(number));
    expect((await env.files.readdir("/journal")).length).toBeGreaterThan(3);
    await journal.release(1n, 8n);
    expect(await env.files.readdir("/journal")).toHaveLength(1);
    const again = await open(env, small);
    expect(again.blocks).toHaveLength(0);
    expect(again.signerState("us").highest.get(1n)).toBe(8n);
    await expect(again.appendBlock(block(8n))).rejects.toThrow(JournalError);
  });

  test("keeps a file until all its blocks are on the chain, and drops earlier terms, which are dead", async () => {
    const env = fakeEnv(1);
    const journal = await open(env);
    for (const each of [block(1n), block(2n), block(3n)]) await journal.appendBlock(each);
    await journal.release(1n, 2n);
    expect(numbersIn(journal)).toEqual(["1/3"]);
    expect(numbersIn(await open(env))).toEqual(["1/1", "1/2", "1/3"]);
    await journal.release(2n, 0n);
    expect(numbersIn(journal)).toEqual([]);
  });

  test("cut at any byte it opens with the whole records before the cut", async () => {
    const env = fakeEnv(1);
    const journal = await open(env);
    const ends = [(await env.files.stat(FILE))?.sizeBytes ?? 0];
    for (const number of [1n, 2n]) {
      await journal.appendBlock(block(number));
      ends.push((await env.files.stat(FILE))?.sizeBytes ?? 0);
    }
    const bytes = await env.files.readFile(FILE);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const other = fakeEnv(2);
      await other.files.mkdir("/journal");
      await other.files.writeFileAtomic(FILE, bytes.subarray(0, cut));
      const opened = await open(other);
      expect(opened.blocks).toHaveLength(Math.max(0, ends.filter((end) => end <= cut).length - 1));
      await opened.appendBlock(block(9n));
      expect((await open(other)).blocks.at(-1)?.number).toBe(9n);
    }
  });

  test("with any bit turned over it refuses, or lost its last record alone: nothing before is ever forgotten", async () => {
    const env = fakeEnv(1);
    const journal = await open(env);
    for (const number of [1n, 2n, 3n]) await journal.appendBlock(block(number));
    const bytes = await env.files.readFile(FILE);
    for (let at = 0; at < bytes.length; at++) {
      const other = fakeEnv(2);
      await other.files.mkdir("/journal");
      const spoilt = bytes.slice();
      spoilt[at] = (spoilt[at] as number) ^ (1 << (at % 8));
      await other.files.writeFileAtomic(FILE, spoilt);
      const opened = await open(other).catch((error: unknown) => error);
      if (opened instanceof Journal) expect(numbersIn(opened)).toEqual(["1/1", "1/2"]);
      else expect(opened).toBeInstanceOf(JournalError);
    }
  });

  test("of another key or chain is refused (I34)", async () => {
    const env = fakeEnv(1);
    await open(env);
    await expect(open(env, { key: new Uint8Array(32) as PublicKey })).rejects.toThrow("expected the key");
    await expect(open(env, { chainId: chainId("other-1") })).rejects.toThrow("expected the chain other-1");
  });

  test("a disk that fails is told, and nothing counts as written", async () => {
    const env = fakeEnv(1);
    const journal = await open(env);
    env.files.failNext(FILE, "FILE_NO_SPACE");
    await expect(journal.appendBlock(block(1n))).rejects.toMatchObject({ code: "FILE_NO_SPACE" });
    expect(journal.blocks).toHaveLength(0);
  });
});
