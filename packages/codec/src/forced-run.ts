import { ByteReader, ByteWriter, DecodeError, EncodeError } from "@lamina/primitives";
import { expectVersion } from "./batch.ts";
import { readBody, writeBody } from "./body.ts";
import { DictionaryIndex, readDictionary, UsedEntries, writeDictionary } from "./dictionary.ts";
import type { ForcedRun, PostedBody } from "./posted.ts";
import { checkRowsOfRuns, readRun, writeRun } from "./runs.ts";

const FORCED_VERSION = 1;

/** Writes the run that `MsgForceInclude` carries. Throws `EncodeError`. Source: docs/spec/block.md, *Forced run*. */
export function encodeForcedRun(forced: ForcedRun): Uint8Array {
  const body: PostedBody = { ...forced, runs: [forced.run] };
  checkRowsOfRuns(body);
  const rooted = forced.authorisations.find(({ mode }) => mode === "root");
  if (rooted !== undefined) throw new EncodeError("each job's own signature", `a root's for lane ${rooted.lane}`);
  const index = new DictionaryIndex(forced.rows);
  const writer = new ByteWriter().u8(FORCED_VERSION).u8(forced.level).u8(forced.param).u64(forced.referenceHeight);
  writeDictionary(writer, index.dictionary);
  writeRun(writer, forced.run);
  writeBody(writer, body, index);
  return writer.finish();
}

/** Throws `DecodeError`. */
export function decodeForcedRun(bytes: Uint8Array): ForcedRun {
  const reader = new ByteReader(bytes);
  expectVersion(reader, FORCED_VERSION, "forced run version");
  const level = reader.u8();
  const param = reader.u8();
  const referenceHeight = reader.u64();
  const dictionary = readDictionary(reader);
  const used = new UsedEntries(dictionary);
  const run = readRun(reader);
  const { rows, authorisations } = readBody(reader, { level, param, referenceHeight, runs: [run] }, run.count, dictionary, used);
  reader.expectEnd();
  used.expectAll(reader.offset);
  const rooted = authorisations.find(({ mode }) => mode === "root");
  if (rooted !== undefined) throw new DecodeError("unexpected-value", reader.offset, "each job's own signature", `a root's for lane ${rooted.lane}`);
  return { level, param, referenceHeight, run, rows, authorisations };
}
