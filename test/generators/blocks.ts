import {
  batchIdOf,
  decodeBatch,
  decodeExceptions,
  decodeFinalRecord,
  decodeForcedHeader,
  decodeForcedRun,
  decodeHeader,
  type ExceptionRun,
  encodeBatch,
  encodeExceptions,
  encodeFinalRecord,
  encodeForcedHeader,
  encodeForcedRun,
  encodeHeader,
  encodeRow,
  exceptionsDigest,
  type FinalRecord,
  forcedHeaderHash,
  genesisParent,
  headerHash,
  headersOfBatch,
} from "@lamina/codec";
import { ByteWriter, type Digest, U64_MAX } from "@lamina/primitives";
import {
  authorisationFields,
  batchFields,
  exceptionFields,
  finalRecordFields,
  forcedHeaderFields,
  headerFields,
  rowFields,
  runFields,
} from "./fields.ts";
import { batchSpoilings, forcedSpoilings, type RawForced, rawBatch, rawForced, rawOfBatch, rawOfForced } from "./raw-batch.ts";
import { authorise, chain, sampleBatch, sampleRun } from "./samples.ts";
import { hex, seededBytes } from "./seeded.ts";
import { type Case, cutsOf, flipCases, refusedCase, type Spoilt, validCase } from "./vector.ts";

function splice(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

/** Block headers. */
export function headerVectors(): Case[] {
  const decode = (bytes: Uint8Array) => ({ header: headerFields(decodeHeader(bytes)), hash: hex(headerHash(decodeHeader(bytes))) });
  const placed = headersOfBatch(chain, sampleBatch([[sampleRun(0, 0n, 3, "h")], [sampleRun(1, 0n, 5, "h"), sampleRun(2, 9n, 2, "h")]]));
  const bytes = placed[0]?.bytes ?? new Uint8Array();
  const [rowsAt, runsAt] = [bytes.length - 48, bytes.length - 44];
  const spoilt: Spoilt[] = [
    ["no rows", splice(bytes, rowsAt, 0, 0, 0, 0)],
    ["no runs", splice(bytes, runsAt, 0, 0, 0, 0)],
    ["another tag", splice(bytes, 8, 66)],
    ["a space in the chain id", splice(bytes, 17, 32)],
    ["an empty chain id", Uint8Array.of(...bytes.subarray(0, 15), 0, ...bytes.subarray(16 + chain.length))],
    ...cutsOf(bytes),
  ];
  const largest = {
    ...decodeHeader(bytes),
    term: U64_MAX,
    number: U64_MAX,
    referenceHeight: U64_MAX,
    rows: 0xffffffff,
    runs: 0xffffffff,
    charges: U64_MAX,
  };
  return [
    ...placed.map((each, at) => validCase(`block ${at + 1}`, each.bytes, {}, decode)),
    validCase("largest numbers", encodeHeader(largest), {}, decode),
    ...spoilt.map((each) => refusedCase(each, {}, decode)),
    ...flipCases(bytes, 20, "header", {}, decode),
  ];
}

/** `parent` of block 1. */
export function genesisVectors(): Case[] {
  return [{ name: chain, input: { chainId: chain }, expected: hex(genesisParent(chain)) }];
}

/** Headers of forced blocks. */
export function forcedHeaderVectors(): Case[] {
  const decode = (bytes: Uint8Array) => ({
    header: forcedHeaderFields(decodeForcedHeader(bytes)),
    hash: hex(forcedHeaderHash(decodeForcedHeader(bytes))),
  });
  const header = {
    chainId: chain,
    sequence: 3n,
    level: 1,
    param: 0,
    acceptedHeight: 77n,
    rows: 4,
    charges: 1234n,
    rowsRoot: seededBytes(32, "forced root") as Digest,
  };
  const bytes = encodeForcedHeader(header);
  const spoilt: Spoilt[] = [["no rows", splice(bytes, bytes.length - 44, 0, 0, 0, 0)], ["another tag", splice(bytes, 8, 66)], ...cutsOf(bytes)];
  return [validCase("a forced header", bytes, {}, decode), ...spoilt.map((each) => refusedCase(each, {}, decode))];
}

/** Posted batches: every column comes back, every id and header follows. */
export function batchVectors(): Case[] {
  const context = { chainId: chain };
  const decode = (bytes: Uint8Array) => {
    const batch = decodeBatch(bytes);
    const headers = headersOfBatch(chain, batch).map(({ bytes: header, hash }) => ({ bytes: hex(header), hash: hex(hash) }));
    return {
      batchId: hex(batchIdOf(chain, batch)),
      headers,
      rows: batch.blocks.map((block) => block.rows.map((row) => hex(encodeRow(row)))),
      batch: batchFields(batch),
    };
  };
  const small = sampleBatch([[sampleRun(0, 0n, 1, "small", 1)]]);
  const mixed = sampleBatch(
    [[sampleRun(0, 0n, 4, "m"), sampleRun(1, 0n, 3, "m")], [sampleRun(2, 40n, 6, "m")], [sampleRun(0, 4n, 2, "m2", 2)]],
    3n,
    900n,
  );
  const spoiltBytes = batchSpoilings(mixed);
  for (const batch of [small, mixed]) checkRaw(encodeBatch(batch), rawBatch(rawOfBatch(batch)));
  const bytes = encodeBatch(mixed);
  return [
    validCase("one row", encodeBatch(small), context, decode),
    validCase("three blocks of four runs", bytes, context, decode),
    ...[...spoiltBytes, ...cutsOf(encodeBatch(small))].map((each) => refusedCase(each, context, decode)),
    ...flipCases(encodeBatch(small), 60, "batch", context, decode),
  ];
}

/** Forced runs. */
export function forcedRunVectors(): Case[] {
  const decode = (bytes: Uint8Array) => {
    const { level, param, referenceHeight, run, rows, authorisations } = decodeForcedRun(bytes);
    const shared = { level: `${level}`, param: `${param}`, referenceHeight: `${referenceHeight}`, run: runFields(run) };
    return {
      ...shared,
      rows: rows.map(rowFields),
      rowBytes: rows.map((row) => hex(encodeRow(row))),
      authorisations: authorisations.map(authorisationFields),
    };
  };
  const { run, rows } = sampleRun(1, 3n, 4, "forced");
  const forced = { level: 1, param: 0, referenceHeight: 120n, run, rows, authorisations: authorise(rows, 0n, 0n, () => true) };
  const bytes = encodeForcedRun(forced);
  const raw: RawForced = rawOfForced(forced);
  checkRaw(bytes, rawForced(raw));
  return [
    validCase("four rows", bytes, {}, decode),
    ...[...forcedSpoilings(forced), ...cutsOf(bytes)].map((each) => refusedCase(each, {}, decode)),
    ...flipCases(bytes, 20, "forced run", {}, decode),
  ];
}

/** The encoder under test against the plain writer of these generators. */
function checkRaw(encoded: Uint8Array, raw: Uint8Array): void {
  if (hex(encoded) !== hex(raw)) throw new Error("the encoder and the plain writer of the vectors disagree");
}

/** Lists of exceptions and their digests. */
export function exceptionVectors(): Case[] {
  const context = { rows: "100" };
  const decode = (bytes: Uint8Array) => {
    const runs = decodeExceptions(bytes, 100);
    return { runs: runs.map(exceptionFields), digest: hex(exceptionsDigest(runs)) };
  };
  const raw = (...runs: [first: number, count: number, outcome: number, reason: number][]) =>
    runs.reduce((writer, [first, count, outcome, reason]) => writer.u32(first).u32(count).u8(outcome).u8(reason), new ByteWriter()).finish();
  const every: ExceptionRun[] = Array.from({ length: 20 }, (_, at) => ({ first: 2 * at, count: 1, outcome: 2, reason: at + 1 }));
  const spoilt: Spoilt[] = [
    ["a run of no rows", raw([3, 0, 2, 1])],
    ["overlapping", raw([3, 2, 2, 1], [4, 1, 2, 2])],
    ["falling", raw([5, 1, 2, 1], [3, 1, 2, 1])],
    ["equal neighbours not joined", raw([3, 1, 2, 1], [4, 1, 2, 1])],
    ["beyond the block", raw([99, 2, 2, 1])],
    ["rows past 2^32", raw([0xffffffff, 0xffffffff, 2, 1])],
    ["outcome 0", raw([0, 1, 0, 1])],
    ["outcome 7", raw([0, 1, 7, 1])],
    ["void without a reason", raw([0, 1, 2, 0])],
    ["void reason 21", raw([0, 1, 2, 21])],
    ["plainly paid", raw([0, 1, 1, 0])],
    ["cut", raw([0, 1, 2, 1]).subarray(0, 9)],
    ["a byte more", Uint8Array.of(...raw([0, 1, 2, 1]), 0)],
  ];
  return [
    validCase("none", new Uint8Array(), context, decode),
    validCase("all rows void", raw([0, 100, 2, 1]), context, decode),
    validCase("neighbours of unlike reasons", raw([3, 1, 2, 1], [4, 1, 2, 2], [5, 1, 3, 1], [6, 1, 5, 1], [7, 1, 1, 1]), context, decode),
    validCase("alike and apart", raw([3, 1, 2, 1], [5, 1, 2, 1]), context, decode),
    validCase("every void reason", encodeExceptions(every), context, decode),
    ...spoilt.map((each) => refusedCase(each, context, decode)),
  ];
}

/** Final records. */
export function finalRecordVectors(): Case[] {
  const decode = (bytes: Uint8Array) => finalRecordFields(decodeFinalRecord(bytes));
  const record: FinalRecord = {
    kind: 1,
    term: 2n,
    number: 40n,
    headerHash: seededBytes(32, "header hash") as Digest,
    rowsRoot: seededBytes(32, "rows root") as Digest,
    rows: 100,
    level: 1,
    param: 0,
    acceptedHeight: 1000n,
    finalHeight: 1010n,
    debited: 123_456n,
    refunded: 99n,
    exceptionsDigest: exceptionsDigest([]),
  };
  const bytes = encodeFinalRecord(record);
  const forced = encodeFinalRecord({ ...record, kind: 2, term: 0n });
  const spoilt: Spoilt[] = [
    ["version 0", splice(bytes, 0, 0)],
    ["kind 0", splice(bytes, 1, 0)],
    ["kind 3", splice(bytes, 1, 3)],
    ["a forced run of a term", splice(forced, 9, 1)],
    ...cutsOf(bytes),
  ];
  return [
    validCase("a block", bytes, {}, decode),
    validCase("a forced run", forced, {}, decode),
    ...spoilt.map((each) => refusedCase(each, {}, decode)),
    ...flipCases(bytes, 20, "final record", {}, decode),
  ];
}
