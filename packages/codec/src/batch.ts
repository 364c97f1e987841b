import {
  type BatchId,
  ByteReader,
  ByteWriter,
  type ChainId,
  DecodeError,
  type Digest,
  digest,
  EncodeError,
  signature,
  U64_MAX,
} from "@lamina/primitives";
import { readBody, writeBody } from "./body.ts";
import { type Dictionary, DictionaryIndex, readDictionary, UsedEntries, writeDictionary } from "./dictionary.ts";
import { chainIdBytes, taggedHash } from "./hash.ts";
import { type BlockHeader, encodeHeader, headerHash, readCount } from "./header.ts";
import type { Batch, PostedBlock } from "./posted.ts";
import { checkRowsOfRuns, readRuns, writeRun } from "./runs.ts";

const BATCH_VERSION = 1;

/** Writes consecutive blocks of one term in columns. Throws `EncodeError` for rows that do not follow from the runs. Source: docs/spec/block.md. */
export function encodeBatch(batch: Batch): Uint8Array {
  if (batch.blocks.length === 0) throw new EncodeError("at least one block", "none");
  const index = new DictionaryIndex(batch.blocks.flatMap((block) => block.rows));
  const writer = new ByteWriter().u8(BATCH_VERSION).u64(batch.term).u64(batch.firstNumber).fixed(batch.parent, 32);
  writeDictionary(writer, index.dictionary);
  writer.varint(batch.blocks.length);
  for (const block of batch.blocks) writeBlock(writer, block, index);
  return writer.finish();
}

function writeBlock(writer: ByteWriter, block: PostedBlock, index: DictionaryIndex): void {
  checkRowsOfRuns(block);
  writer.u8(block.level).u8(block.param).u64(block.referenceHeight).u32(block.rows.length).u32(block.runs.length);
  writer.u64(block.charges).fixed(block.rowsRoot, 32).fixed(block.signature, 64);
  for (const run of block.runs) writeRun(writer, run);
  writeBody(writer, block, index);
}

/** Reads a batch to its last byte. Throws `DecodeError`. Sums, roots and signatures are not checked here: see @lamina/rollup. */
export function decodeBatch(bytes: Uint8Array): Batch {
  const reader = new ByteReader(bytes);
  expectVersion(reader, BATCH_VERSION, "batch version");
  const term = reader.u64();
  const firstNumber = reader.u64();
  const parent = digest(reader.fixed(32, "parent"));
  const dictionary = readDictionary(reader);
  const used = new UsedEntries(dictionary);
  const start = reader.offset;
  const count = reader.varintNumber(reader.remaining, "blocks");
  if (count === 0) throw new DecodeError("out-of-range", start, "at least one block", "0");
  if (firstNumber + BigInt(count) - 1n > U64_MAX) throw new DecodeError("out-of-range", start, "numbers below 2^64", `${firstNumber} + ${count}`);
  const blocks = Array.from({ length: count }, () => readBlock(reader, dictionary, used));
  reader.expectEnd();
  used.expectAll(reader.offset);
  return { term, firstNumber, parent, blocks };
}

function readBlock(reader: ByteReader, dictionary: Dictionary, used: UsedEntries): PostedBlock {
  const level = reader.u8();
  const param = reader.u8();
  const referenceHeight = reader.u64();
  const rowCount = readCount(reader, "rows");
  const runCount = readCount(reader, "runs");
  const charges = reader.u64();
  const rowsRoot = digest(reader.fixed(32, "rows root"));
  const headerSignature = signature(reader.fixed(64, "header signature"));
  const runs = readRuns(reader, runCount, rowCount);
  const { rows, authorisations } = readBody(reader, { level, param, referenceHeight, runs }, rowCount, dictionary, used);
  return { level, param, referenceHeight, charges, rowsRoot, signature: headerSignature, runs, rows, authorisations };
}

/** The header that a posted block states, at its place in the chain of blocks. */
export function headerOfBlock(block: PostedBlock, place: Pick<BlockHeader, "chainId" | "term" | "number" | "parent">): BlockHeader {
  const { level, param, referenceHeight, charges, rowsRoot } = block;
  return { ...place, level, param, referenceHeight, rows: block.rows.length, runs: block.runs.length, charges, rowsRoot };
}

export interface PlacedHeader {
  readonly header: BlockHeader;
  readonly bytes: Uint8Array;
  readonly hash: Digest;
}

/** The headers of a batch's blocks in order, each the parent of the next. */
export function headersOfBatch(chainId: ChainId, batch: Batch): PlacedHeader[] {
  let parent = batch.parent;
  return batch.blocks.map((block, index) => {
    const header = headerOfBlock(block, { chainId, term: batch.term, number: batch.firstNumber + BigInt(index), parent });
    parent = headerHash(header);
    return { header, bytes: encodeHeader(header), hash: parent };
  });
}

/** `batch_id`: the same blocks give the same id, whoever resubmits them (T33). */
export function computeBatchId(chainId: ChainId, term: bigint, firstNumber: bigint, blocks: number, lastHeaderHash: Digest): BatchId {
  const body = new ByteWriter().u64(term).u64(firstNumber).u32(blocks).fixed(lastHeaderHash, 32).finish();
  return taggedHash("lamina/batch/1", chainIdBytes(chainId), body) as BatchId;
}

/** `computeBatchId` of a whole batch. */
export function batchIdOf(chainId: ChainId, batch: Batch): BatchId {
  const last = headersOfBatch(chainId, batch).at(-1);
  if (last === undefined) throw new EncodeError("at least one block", "none");
  return computeBatchId(chainId, batch.term, batch.firstNumber, batch.blocks.length, last.hash);
}

export function expectVersion(reader: ByteReader, version: number, what: string): void {
  const start = reader.offset;
  const found = reader.u8();
  if (found !== version) throw new DecodeError("unexpected-value", start, `${what} ${version}`, `${found}`);
}
