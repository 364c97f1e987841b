import { encodeRow, headAfter, startHead } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import type { ChainId, Digest, ModelId, PublicKey } from "@lamina/primitives";
import { type FakeEnv, fakeEnv, SeededRng } from "@lamina/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { readFrame } from "./framing.ts";
import { Journal, type JournalOptions } from "./journal.ts";
import { openLog } from "./open-log.ts";
import { endOfGroup, headsAfter, type RowGroup, settleByOf } from "./row-group.ts";

const rng = new SeededRng(21);
const CHAIN = "lamina-test-1" as ChainId;
const log = { worker: rng.bytes(32) as PublicKey, level: 1, param: 0, incarnation: 0 };
const options: JournalOptions = { folder: "/data/log", chainId: CHAIN, log, segmentBytes: 4_000 };
let env: FakeEnv;

beforeEach(async () => {
  env = fakeEnv(1);
  await env.files.mkdir("/data");
});

function group(start: bigint, previousHead: Digest, count: number): RowGroup {
  const rows = Array.from({ length: count }, (_, at) => row(start + BigInt(at)));
  const leafHashes = rows.map(hashLeaf);
  const jobSignatures = rows.map(() => rng.bytes(64));
  const outputs = rows.map(() => rng.bytes(rng.below(300)));
  const heads = headsAfter(previousHead, leafHashes);
  return { height: 100n, start, previousHead, rows, jobSignatures, outputs, leafHashes, heads, head: heads.at(-1) as Digest };
}

function row(index: bigint): Uint8Array {
  const [model, h, output] = [rng.bytes(32) as ModelId, rng.bytes(32) as Digest, rng.bytes(32) as Digest];
  const fields = { lane: 5n, nonce: Number(index), profile: 1, items: 1, unitPrice: 3n, ceiling: 10n, settleBy: 200n + index, units: 1n, charge: 3n };
  return encodeRow({ ...log, ...fields, index, model, h, output });
}

/** A journal with these groups, closed. */
async function written(...counts: number[]): Promise<RowGroup[]> {
  await Journal.create(options, env, startHead(CHAIN, log));
  const journal = await Journal.open(options, env, () => undefined);
  const groups: RowGroup[] = [];
  for (const count of counts) {
    const next = group(journal.count, journal.head, count);
    groups.push(next);
    await journal.append(next);
  }
  await journal.close();
  return groups;
}

async function reopened(): Promise<{ journal: Journal; groups: RowGroup[] }> {
  const groups: RowGroup[] = [];
  const journal = await Journal.open(options, env, (each) => groups.push(each));
  return { journal, groups };
}

const segments = () => env.files.readdir(options.folder);

describe("what was appended", () => {
  test("is read back as it was, over many segments", async () => {
    const groups = await written(3, 1, 9, 12, 1, 30, 2);
    expect((await segments()).length).toBeGreaterThan(3);
    const { journal, groups: found } = await reopened();
    expect(found).toEqual(groups);
    expect(journal.count).toBe(58n);
    expect(journal.head).toEqual(groups.at(-1)?.head);
  });

  test("can be read by its place", async () => {
    await Journal.create(options, env, startHead(CHAIN, log));
    const journal = await Journal.open(options, env, () => undefined);
    const first = group(0n, journal.head, 20);
    const place = await journal.append(first);
    await journal.append(group(20n, first.head, 1));
    expect(await journal.read(place)).toEqual(first);
  });

  test("survives the loss of power, at every length of what was being written", async () => {
    const groups = await written(2, 3);
    const path = `/data/log/${(await segments()).at(-1)}`;
    const whole = await env.files.readFile(path);
    const { journal } = await reopened();
    const next = group(journal.count, journal.head, 2);
    await journal.append(next);
    await journal.close();
    const longer = await env.files.readFile(path);
    for (let cut = whole.length; cut < longer.length; cut += 7) {
      await env.files.writeFileAtomic(path, longer.slice(0, cut));
      const { journal: again, groups: found } = await reopened();
      expect(found).toEqual(groups);
      await again.append(next);
      await again.close();
      expect(await env.files.readFile(path)).toEqual(longer);
    }
  });

  test("a last write whose pages came in part is dropped", async () => {
    const groups = await written(2);
    const path = `/data/log/${(await segments()).at(-1)}`;
    const whole = await env.files.readFile(path);
    const torn = new Uint8Array(whole.length + 500);
    torn.set(whole);
    torn.fill(7, whole.length + 200);
    await env.files.writeFileAtomic(path, torn);
    const { groups: found } = await reopened();
    expect(found).toEqual(groups);
    expect((await env.files.stat(path))?.sizeBytes).toBe(whole.length);
  });
});

describe("damage is refused, never cut off", () => {
  test("any byte of header and records flipped, with a record behind it", async () => {
    await written(2, 1, 1);
    const [name] = await segments();
    const path = `/data/log/${name}`;
    const whole = await env.files.readFile(path);
    const header = readFrame(whole, 0);
    const second = header.kind === "record" ? readFrame(whole, header.end) : header;
    if (second.kind !== "record") throw new Error("expected a record");
    for (let at = 0; at < second.end; at += at < 300 ? 1 : 13) {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      await env.files.writeFileAtomic(path, bytes);
      await expect(reopened()).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
    }
  });

  test("a segment that is gone", async () => {
    await written(10, 10, 10, 10);
    const names = await segments();
    expect(names.length).toBeGreaterThan(2);
    await env.files.remove(`/data/log/${names[1]}`);
    await expect(reopened()).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  });

  test("another chain's, key's or incarnation's log", async () => {
    await written(1);
    for (const foreign of [
      { ...options, chainId: "lamina-test-2" as ChainId },
      { ...options, log: { ...log, worker: rng.bytes(32) as PublicKey } },
      { ...options, log: { ...log, incarnation: 1 } },
    ]) {
      await expect(Journal.open(foreign, env, () => undefined)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
    }
  });
});

describe("a disk that fails", () => {
  test("ends the journal: nothing is appended behind what is uncertain", async () => {
    await written(1);
    const { journal } = await reopened();
    const next = group(journal.count, journal.head, 1);
    env.files.failNext(`/data/log/${(await segments()).at(-1)}`, "FILE_NO_SPACE");
    await expect(journal.append(next)).rejects.toMatchObject({ code: "JOURNAL_FAILED", cause: { code: "FILE_NO_SPACE" } });
    await expect(journal.append(next)).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect((await reopened()).journal.count).toBe(1n);
  });
});

describe("dropping", () => {
  test("takes whole segments whose rows are done, oldest first, and never the last", async () => {
    const groups = await written(10, 10, 10, 10);
    const { journal } = await reopened();
    expect(await journal.drop(({ end, settleBy }) => end <= 20n && settleBy < 230n)).toBe(20n);
    expect(await journal.drop(() => true)).toBe(30n);
    await journal.append(group(40n, journal.head, 1));
    await journal.close();
    const { journal: again, groups: found } = await reopened();
    expect([again.firstIndex, again.count]).toEqual([30n, 41n]);
    expect(found[0]).toEqual(groups[3]);
  });

  test("knows the latest settle_by of a segment", async () => {
    const [first] = await written(10, 10);
    const latest = first?.rows.map(settleByOf).at(-1);
    const { journal } = await reopened();
    const asked: bigint[] = [];
    await journal.drop(({ settleBy }) => asked.push(settleBy) < 0);
    expect(asked).toEqual([latest]);
  });
});

describe("opening against the chain (I34)", () => {
  const open = (accepted: { count: bigint; head: Digest }, mayCreate = false) => openLog({ ...options, mayCreate }, env, accepted, () => undefined);
  const nothing = { count: 0n, head: startHead(CHAIN, log) };

  test("without a journal only by permission, and never where the chain has rows", async () => {
    await expect(open(nothing)).rejects.toMatchObject({ code: "MISSING_STATE" });
    await expect(open({ count: 1n, head: nothing.head }, true)).rejects.toMatchObject({ code: "STALE_STATE" });
    expect((await open(nothing, true)).count).toBe(0n);
    expect((await open(nothing)).count).toBe(0n);
  });

  test("with every count that the chain can have of it, also within a group", async () => {
    const groups = await written(3, 2);
    const all = groups.flatMap(({ leafHashes }) => leafHashes);
    for (let count = 0; count <= all.length; count++) {
      const head = headAfter(nothing.head, all.slice(0, count));
      expect((await open({ count: BigInt(count), head })).count).toBe(5n);
    }
  });

  test("refused where the chain has more rows", async () => {
    const groups = await written(3, 2);
    await expect(open({ count: 6n, head: groups[1]?.head as Digest })).rejects.toMatchObject({ code: "STALE_STATE" });
  });

  test("refused where the chain has other rows", async () => {
    await written(3, 2);
    for (const count of [0n, 1n, 3n, 5n]) {
      await expect(open({ count, head: new Uint8Array(32).fill(1) as Digest })).rejects.toMatchObject({ code: "STALE_STATE" });
    }
  });

  test("refused where rows were dropped that the chain says it lacks", async () => {
    const groups = await written(10, 10, 10);
    const { journal } = await reopened();
    await journal.drop(({ end }) => end <= 10n);
    await journal.close();
    await expect(open(nothing)).rejects.toMatchObject({ code: "STALE_STATE", details: { expected: "rows from 0 on" } });
    const first = groups[0] as RowGroup;
    expect((await open({ count: endOfGroup(first), head: first.head })).firstIndex).toBe(10n);
  });
});
