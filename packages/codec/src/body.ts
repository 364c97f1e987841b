import { type ByteReader, type ByteWriter, DecodeError, digest, EncodeError, signature } from "@lamina/primitives";
import { type ColumnRule, readColumn, writeColumn } from "./columns.ts";
import type { Dictionary, DictionaryIndex, UsedEntries } from "./dictionary.ts";
import type { LaneAuthorisation, PostedBody, PostedRun } from "./posted.ts";
import type { Row } from "./row.ts";

const DIGESTS_PER_ROW_BYTES = 64;
const MODE_ROOT = 0;
const MODE_EACH = 1;

/** Where a body stands: what its rows share and what columns are stored against. */
export interface BodyContext {
  readonly level: number;
  readonly param: number;
  readonly referenceHeight: bigint;
  readonly runs: readonly PostedRun[];
}

/** Writes the columns and the authorisations. The rows have been checked against the runs. Source: docs/spec/block.md. */
export function writeBody(writer: ByteWriter, body: PostedBody, index: DictionaryIndex): void {
  const { rows } = body;
  writeColumn(
    writer,
    "uv",
    rows.map(() => 0n),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => index.lane(row.lane)),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => index.model(row.model)),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => BigInt(row.profile)),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => BigInt(row.items)),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => row.unitPrice),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => row.ceiling),
  );
  writeColumn(
    writer,
    "zz",
    rows.map((row) => BigInt.asIntN(64, row.settleBy - body.referenceHeight)),
  );
  writeColumn(
    writer,
    "uv",
    rows.map((row) => row.units),
  );
  writeColumn(
    writer,
    "zz",
    rows.map((row) => BigInt.asIntN(64, row.charge - row.units * row.unitPrice)),
  );
  rows.forEach((row, at) => void writer.zigzag(row.nonce - (rows[at - 1]?.nonce ?? 0)));
  for (const row of rows) writer.fixed(row.h, 32);
  for (const row of rows) writer.fixed(row.output, 32);
  writeAuthorisations(writer, body);
}

function writeAuthorisations(writer: ByteWriter, body: PostedBody): void {
  const counts = rowsPerLane(body.rows);
  const found = body.authorisations.map(({ lane }) => lane);
  if (counts.length !== found.length || counts.some(([lane], at) => lane !== found[at])) {
    throw new EncodeError(`authorisations of the lanes ${counts.map(([lane]) => lane).join(", ")}`, found.join(", "));
  }
  body.authorisations.forEach((authorisation, at) => {
    if (authorisation.mode === "root") {
      writer.u8(MODE_ROOT).fixed(authorisation.signature, 64);
      return;
    }
    const rows = counts[at]?.[1] ?? 0;
    if (authorisation.signatures.length !== rows) throw new EncodeError(`${rows} job signatures`, `${authorisation.signatures.length}`);
    writer.u8(MODE_EACH);
    for (const each of authorisation.signatures) writer.fixed(each, 64);
  });
}

/** Lanes that occur in `rows`, ascending, with the number of their rows. */
export function rowsPerLane(rows: readonly Row[]): [lane: bigint, rows: number][] {
  const counts = new Map<bigint, number>();
  for (const { lane } of rows) counts.set(lane, (counts.get(lane) ?? 0) + 1);
  return [...counts].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

/** Reads `rows` rows and their authorisations. Throws `DecodeError`. */
export function readBody(
  reader: ByteReader,
  context: BodyContext,
  rows: number,
  dictionary: Dictionary,
  used: UsedEntries,
): Pick<PostedBody, "rows" | "authorisations"> {
  // Columns are short and rows many: the digests that must follow bound what a hostile count can make us allocate.
  if (rows > reader.remaining / DIGESTS_PER_ROW_BYTES) {
    throw new DecodeError("truncated", reader.offset, `${rows} rows`, `${reader.remaining} bytes left`);
  }
  const decoded = readRows(reader, context, rows, dictionary, used);
  return { rows: decoded, authorisations: readAuthorisations(reader, decoded) };
}

function readRows(reader: ByteReader, context: BodyContext, rows: number, dictionary: Dictionary, used: UsedEntries): Row[] {
  const columns = readColumns(reader, rows, dictionary);
  const nonces = readNonces(reader, rows);
  const hs = Array.from({ length: rows }, () => digest(reader.fixed(32, "h")));
  const outputs = Array.from({ length: rows }, () => digest(reader.fixed(32, "output")));
  const decoded: Row[] = [];
  for (const run of context.runs) {
    for (let offset = 0; offset < run.count; offset++) {
      const at = decoded.length;
      const value = (name: ColumnName) => columns[name][at] as bigint;
      const [model, lane] = [Number(value("model")), Number(value("lane"))];
      used.use(model, lane);
      decoded.push({
        level: context.level,
        param: context.param,
        worker: run.worker,
        incarnation: run.incarnation,
        index: run.start + BigInt(offset),
        lane: dictionary.lanes[lane] as bigint,
        nonce: nonces[at] as number,
        model: dictionary.models[model] as Row["model"],
        profile: Number(value("profile")),
        items: Number(value("items")),
        unitPrice: value("unitPrice"),
        ceiling: value("ceiling"),
        settleBy: BigInt.asUintN(64, value("settleBy") + context.referenceHeight),
        h: hs[at] as Row["h"],
        units: value("units"),
        charge: BigInt.asUintN(64, value("charge") + value("units") * value("unitPrice")),
        output: outputs[at] as Row["output"],
      });
    }
  }
  return decoded;
}

type ColumnName = "lane" | "model" | "profile" | "items" | "unitPrice" | "ceiling" | "settleBy" | "units" | "charge";

function readColumns(reader: ByteReader, rows: number, dictionary: Dictionary): Record<ColumnName, bigint[]> {
  const column = (name: string, kind: ColumnRule["kind"], max?: bigint) =>
    readColumn(reader, { name, kind, ...(max === undefined ? {} : { max }) }, rows);
  column("kind", "uv", 0n);
  return {
    lane: column("lane index", "uv", BigInt(dictionary.lanes.length) - 1n),
    model: column("model index", "uv", BigInt(dictionary.models.length) - 1n),
    profile: column("profile", "uv", 0xffffn),
    items: column("items", "uv", 0xffffffffn),
    unitPrice: column("unit_price", "uv"),
    ceiling: column("ceiling", "uv"),
    settleBy: column("settle_by", "zz"),
    units: column("units", "uv"),
    charge: column("charge", "zz"),
  };
}

function readNonces(reader: ByteReader, rows: number): number[] {
  let before = 0n;
  return Array.from({ length: rows }, () => {
    const start = reader.offset;
    const nonce = BigInt.asUintN(64, before + reader.zigzag());
    if (nonce > 0xffffffffn) throw new DecodeError("out-of-range", start, "a nonce below 2^32", `${nonce}`);
    before = nonce;
    return Number(nonce);
  });
}

function readAuthorisations(reader: ByteReader, rows: readonly Row[]): LaneAuthorisation[] {
  return rowsPerLane(rows).map(([lane, count]): LaneAuthorisation => {
    const start = reader.offset;
    const mode = reader.u8();
    if (mode === MODE_ROOT) return { lane, mode: "root", signature: signature(reader.fixed(64, "spend signature")) };
    if (mode !== MODE_EACH) throw new DecodeError("unexpected-value", start, "authorisation mode 0 or 1", `${mode}`);
    return { lane, mode: "each", signatures: Array.from({ length: count }, () => signature(reader.fixed(64, "job signature"))) };
  });
}
