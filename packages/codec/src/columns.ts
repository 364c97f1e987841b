import { type ByteReader, type ByteWriter, DecodeError } from "@lamina/primitives";

/** How one value of a column is written: `uv`, or `zz` for values stored as signed differences. */
export type ColumnKind = "uv" | "zz";

/** Writes a column of equal values: pairs `value ‖ uv repeat` until all rows are covered, neighbours differing. Source: docs/spec/block.md. */
export function writeColumn(writer: ByteWriter, kind: ColumnKind, values: readonly bigint[]): void {
  for (let start = 0; start < values.length; ) {
    const value = values[start] as bigint;
    let end = start + 1;
    while (end < values.length && values[end] === value) end += 1;
    if (kind === "uv") writer.varint(value);
    else writer.zigzag(value);
    writer.varint(end - start);
    start = end;
  }
}

export interface ColumnRule {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Largest value of a `uv` column; any where not given. */
  readonly max?: bigint;
}

/** Reads `rows` values. Throws `DecodeError` for a repeat of 0 or past the last row, equal neighbours, a value over the column's largest. */
export function readColumn(reader: ByteReader, rule: ColumnRule, rows: number): bigint[] {
  const values = new Array<bigint>(rows);
  let filled = 0;
  let before: bigint | undefined;
  while (filled < rows) {
    const start = reader.offset;
    const value = rule.kind === "uv" ? reader.varint() : reader.zigzag();
    if (rule.max !== undefined && value > rule.max) throw new DecodeError("out-of-range", start, `${rule.name} of at most ${rule.max}`, `${value}`);
    if (value === before) throw new DecodeError("unexpected-value", start, `${rule.name}: a value other than the one before`, `${value}`);
    const repeat = readRepeat(reader, rule.name, rows - filled);
    values.fill(value, filled, filled + repeat);
    filled += repeat;
    before = value;
  }
  return values;
}

function readRepeat(reader: ByteReader, name: string, left: number): number {
  const start = reader.offset;
  const repeat = reader.varint();
  if (repeat >= 1n && repeat <= BigInt(left)) return Number(repeat);
  throw new DecodeError("out-of-range", start, `${name}: a repeat of 1..${left}`, `${repeat}`);
}
