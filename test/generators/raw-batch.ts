import type { Batch, ForcedRun, LaneAuthorisation, PostedBlock, PostedBody, PostedRun, Row } from "@lamina/codec";
import { ByteWriter } from "@lamina/primitives";
import { hex } from "./seeded.ts";
import type { Spoilt } from "./vector.ts";

/**
 * A batch as the page lays it out and nothing checked: written a second time, plainly, so that the encoder is compared with it, and so that every
 * rule can be broken one at a time.
 */
interface RawDictionary {
  models: Uint8Array[];
  /** First lane, then differences. */
  laneSteps: bigint[];
}

interface RawBody {
  runs: PostedRun[];
  /** Pairs of value and repeat, by column in the page's order. */
  columns: [value: bigint, repeat: number][][];
  /** Differences. */
  nonces: bigint[];
  hs: Uint8Array[];
  outputs: Uint8Array[];
  authorisations: Uint8Array[];
}

interface RawBlock extends RawBody {
  level: number;
  param: number;
  referenceHeight: bigint;
  rows: number;
  runCount: number;
  charges: bigint;
  rowsRoot: Uint8Array;
  signature: Uint8Array;
}

interface RawBatch extends RawDictionary {
  version: number;
  term: bigint;
  firstNumber: bigint;
  parent: Uint8Array;
  blocks: RawBlock[];
}

export interface RawForced extends RawDictionary, RawBody {
  version: number;
  level: number;
  param: number;
  referenceHeight: bigint;
}

const SIGNED_COLUMNS = new Set([7, 9]);

export function rawBatch(raw: RawBatch): Uint8Array {
  const writer = new ByteWriter().u8(raw.version).u64(raw.term).u64(raw.firstNumber).fixed(raw.parent);
  writeDictionary(writer, raw);
  writer.varint(raw.blocks.length);
  for (const block of raw.blocks) {
    writer.u8(block.level).u8(block.param).u64(block.referenceHeight).u32(block.rows).u32(block.runCount).u64(block.charges);
    writer.fixed(block.rowsRoot).fixed(block.signature);
    for (const run of block.runs) writeRun(writer, run);
    writeBody(writer, block);
  }
  return writer.finish();
}

export function rawForced(raw: RawForced): Uint8Array {
  const writer = new ByteWriter().u8(raw.version).u8(raw.level).u8(raw.param).u64(raw.referenceHeight);
  writeDictionary(writer, raw);
  for (const run of raw.runs) writeRun(writer, run);
  writeBody(writer, raw);
  return writer.finish();
}

function writeDictionary(writer: ByteWriter, { models, laneSteps }: RawDictionary): void {
  writer.varint(models.length);
  for (const model of models) writer.fixed(model);
  writer.varint(laneSteps.length);
  for (const step of laneSteps) writer.varint(step);
}

function writeRun(writer: ByteWriter, run: PostedRun): void {
  writer.fixed(run.worker).u32(run.incarnation).u64(run.start).varint(run.count).fixed(run.previousHead).fixed(run.signature);
}

function writeBody(writer: ByteWriter, body: RawBody): void {
  body.columns.forEach((pairs, column) => {
    for (const [value, repeat] of pairs) {
      if (SIGNED_COLUMNS.has(column)) writer.zigzag(value);
      else writer.varint(value);
      writer.varint(repeat);
    }
  });
  for (const difference of body.nonces) writer.zigzag(difference);
  for (const each of [...body.hs, ...body.outputs, ...body.authorisations]) writer.fixed(each);
}

export function rawOfBatch(batch: Batch): RawBatch {
  const dictionary = rawDictionary(batch.blocks.flatMap((block) => block.rows));
  const blocks = batch.blocks.map((block) => rawBlock(block, dictionary));
  return { version: 1, term: batch.term, firstNumber: batch.firstNumber, parent: batch.parent, ...dictionary, blocks };
}

export function rawOfForced(forced: ForcedRun): RawForced {
  const dictionary = rawDictionary(forced.rows);
  const { level, param, referenceHeight } = forced;
  return { version: 1, level, param, referenceHeight, ...dictionary, ...rawBody({ ...forced, runs: [forced.run] }, dictionary) };
}

function rawDictionary(rows: readonly Row[]): RawDictionary {
  const models = [...new Map(rows.map((row) => [hex(row.model), row.model])).entries()].sort(([left], [right]) => (left < right ? -1 : 1));
  const lanes = [...new Set(rows.map((row) => row.lane))].sort((left, right) => (left < right ? -1 : 1));
  return { models: models.map(([, model]) => model), laneSteps: lanes.map((lane, at) => lane - (lanes[at - 1] ?? 0n)) };
}

function rawBlock(block: PostedBlock, dictionary: RawDictionary): RawBlock {
  const { level, param, referenceHeight, charges, rowsRoot, signature } = block;
  return {
    level,
    param,
    referenceHeight,
    rows: block.rows.length,
    runCount: block.runs.length,
    charges,
    rowsRoot,
    signature,
    ...rawBody(block, dictionary),
  };
}

function rawBody(body: PostedBody, { models, laneSteps }: RawDictionary): RawBody {
  let sum = 0n;
  const lanes = laneSteps.map((step) => {
    sum += step;
    return sum;
  });
  const names = models.map(hex);
  const values = body.rows.map((row) => [
    0n,
    BigInt(lanes.indexOf(row.lane)),
    BigInt(names.indexOf(hex(row.model))),
    BigInt(row.profile),
    BigInt(row.items),
    row.unitPrice,
    row.ceiling,
    BigInt.asIntN(64, row.settleBy - body.referenceHeight),
    row.units,
    BigInt.asIntN(64, row.charge - row.units * row.unitPrice),
  ]);
  const columns = Array.from({ length: 10 }, (_, column) => pairsOf(values.map((row) => row[column] ?? 0n)));
  return {
    runs: [...body.runs],
    columns,
    nonces: body.rows.map((row, at) => BigInt(row.nonce - (body.rows[at - 1]?.nonce ?? 0))),
    hs: body.rows.map((row) => row.h),
    outputs: body.rows.map((row) => row.output),
    authorisations: body.authorisations.map(rawAuthorisation),
  };
}

function pairsOf(values: readonly bigint[]): [bigint, number][] {
  const pairs: [bigint, number][] = [];
  for (const value of values) {
    const last = pairs.at(-1);
    if (last !== undefined && last[0] === value) last[1] += 1;
    else pairs.push([value, 1]);
  }
  return pairs;
}

function rawAuthorisation(authorisation: LaneAuthorisation): Uint8Array {
  if (authorisation.mode === "root") return Uint8Array.of(0, ...authorisation.signature);
  return Uint8Array.of(1, ...authorisation.signatures.flatMap((each) => [...each]));
}

type Spoil<Raw> = readonly [name: string, spoil: (raw: Raw) => void];

const bodySpoilings: Spoil<RawBody & RawDictionary>[] = [
  [
    "kind 1",
    (raw) => {
      raw.columns[0]![0]![0] = 1n;
    },
  ],
  [
    "lane index past the dictionary",
    (raw) => {
      raw.columns[1]!.at(-1)![0] = BigInt(raw.laneSteps.length);
    },
  ],
  [
    "model index past the dictionary",
    (raw) => {
      raw.columns[2]!.at(-1)![0] = BigInt(raw.models.length);
    },
  ],
  [
    "profile of 2^16",
    (raw) => {
      raw.columns[3]![0]![0] = 65_536n;
    },
  ],
  [
    "items of 2^32",
    (raw) => {
      raw.columns[4]![0]![0] = 2n ** 32n;
    },
  ],
  ["a repeat of 0", (raw) => void raw.columns[5]!.unshift([9n, 0])],
  [
    "a repeat past the last row",
    (raw) => {
      raw.columns[6]!.at(-1)![1] += 1;
    },
  ],
  ["equal neighbours in a column", (raw) => splitFirst(raw.columns[0]!)],
  ["equal neighbours in a signed column", (raw) => splitFirst(raw.columns[9]!)],
  [
    "a nonce below 0",
    (raw) => {
      raw.nonces[0] = -1n;
    },
  ],
  [
    "a nonce of 2^32",
    (raw) => {
      raw.nonces[0] = 2n ** 32n;
    },
  ],
  [
    "a nonce that wraps below 0",
    (raw) => {
      raw.nonces[1] = -(2n ** 40n);
    },
  ],
  ["a column of another length", (raw) => void raw.columns[8]!.push([77n, 1])],
  [
    "authorisation mode 2",
    (raw) => {
      raw.authorisations[0] = Uint8Array.of(2, ...raw.authorisations[0]!.subarray(1));
    },
  ],
  ["authorisations in another order", (raw) => void raw.authorisations.reverse()],
  ["an authorisation missing", (raw) => void raw.authorisations.pop()],
  ["an h missing", (raw) => void raw.hs.pop()],
];

const dictionarySpoilings: Spoil<RawDictionary>[] = [
  ["models in falling order", (raw) => void raw.models.reverse()],
  ["one model twice", (raw) => void raw.models.push(raw.models.at(-1)!)],
  ["a model that no row names", (raw) => void raw.models.push(new Uint8Array(32).fill(0xff))],
  ["a lane twice", (raw) => void raw.laneSteps.splice(1, 0, 0n)],
  ["a lane that no row names", (raw) => void raw.laneSteps.push(5n)],
  ["a lane past 2^64", (raw) => void raw.laneSteps.push(2n ** 64n - 1n)],
];

const batchOnly: Spoil<RawBatch>[] = [
  [
    "version 0",
    (raw) => {
      raw.version = 0;
    },
  ],
  [
    "version 2",
    (raw) => {
      raw.version = 2;
    },
  ],
  [
    "no blocks",
    (raw) => {
      raw.blocks = [];
    },
  ],
  [
    "numbers past 2^64",
    (raw) => {
      raw.firstNumber = 2n ** 64n - 1n;
    },
  ],
  [
    "a block of no rows",
    (raw) => {
      raw.blocks[0]!.rows = 0;
    },
  ],
  [
    "a block of no runs",
    (raw) => {
      raw.blocks[0]!.runCount = 0;
    },
  ],
  [
    "one row more than the runs have",
    (raw) => {
      raw.blocks[0]!.rows += 1;
    },
  ],
  [
    "one row fewer than the runs have",
    (raw) => {
      raw.blocks[0]!.rows -= 1;
    },
  ],
  [
    "2^32-1 rows",
    (raw) => {
      raw.blocks[0]!.rows = 0xffffffff;
    },
  ],
  [
    "2^32-1 runs",
    (raw) => {
      raw.blocks[0]!.runCount = 0xffffffff;
    },
  ],
  ["runs in falling order", (raw) => void raw.blocks[0]!.runs.reverse()],
  [
    "one log in two runs of a block",
    (raw) => {
      raw.blocks[0]!.runs[1] = { ...raw.blocks[0]!.runs[0]!, count: raw.blocks[0]!.runs[1]!.count };
    },
  ],
  [
    "a run of no rows",
    (raw) => {
      raw.blocks[0]!.runs[0] = { ...raw.blocks[0]!.runs[0]!, count: 0 };
    },
  ],
  [
    "indices past 2^64",
    (raw) => {
      raw.blocks[0]!.runs[0] = { ...raw.blocks[0]!.runs[0]!, start: 2n ** 64n - 1n };
    },
  ],
];

function splitFirst(column: [bigint, number][]): void {
  const at = column.findIndex(([, repeat]) => repeat > 1);
  const pair = column[at];
  if (pair === undefined) throw new Error("no value repeats in this column");
  column.splice(at, 1, [pair[0], 1], [pair[0], pair[1] - 1]);
}

/** One rule of the page broken in each. `batch` has several blocks, models and lanes, and two runs in its first block. */
export function batchSpoilings(batch: Batch): Spoilt[] {
  const first = (raw: RawBatch) => ({ ...raw.blocks[0]!, models: raw.models, laneSteps: raw.laneSteps });
  const spoilings: Spoil<RawBatch>[] = [
    ...batchOnly,
    ...dictionarySpoilings,
    ...bodySpoilings.map(([name, spoil]): Spoil<RawBatch> => [name, (raw) => spoil(first(raw))]),
  ];
  return spoilings.map(([name, spoil]) => {
    const raw = rawOfBatch(batch);
    spoil(raw);
    return [name, rawBatch(raw)];
  });
}

export function forcedSpoilings(forced: ForcedRun): Spoilt[] {
  const rooted: Spoil<RawForced> = [
    "a root's signature",
    (raw) => {
      raw.authorisations[0] = new Uint8Array(65);
    },
  ];
  const version: Spoil<RawForced> = [
    "version 2",
    (raw) => {
      raw.version = 2;
    },
  ];
  const spoilings: Spoil<RawForced>[] = [version, ...dictionarySpoilings, ...bodySpoilings, rooted];
  return spoilings.map(([name, spoil]) => {
    const raw = rawOfForced(forced);
    spoil(raw);
    return [name, rawForced(raw)];
  });
}
