import { ResultColumns } from "./result-columns.ts";

/** A line of a table of schema `index`, by column, as `jsonb_populate_recordset` reads it: bytes as `\x…`, large integers as text. */
export type Line = Readonly<Record<string, string | number | boolean | null | readonly unknown[]>>;

/** A block that became final: what its line gains. */
export interface FinalChange {
  readonly id: bigint;
  readonly line: Line;
  /** Rows whose outcome changed between acceptance and finality: those of a convicted worker. */
  readonly outcomes: readonly OutcomeChange[];
}

/** Of the results `first` … `last`. */
export interface OutcomeChange {
  readonly first: bigint;
  readonly last: bigint;
  readonly outcome: string;
  readonly reason: string;
}

/** All that some heights in a row add and change, in the order of the chain. A pure function of the heights up to the last (I28). */
export class Changes {
  readonly operators: Line[] = [];
  readonly signingKeys: Line[] = [];
  readonly models: Line[] = [];
  readonly modelVersions: Line[] = [];
  readonly lanes: Line[] = [];
  readonly terms: Line[] = [];
  readonly batches: Line[] = [];
  readonly blocks: Line[] = [];
  readonly runs: Line[] = [];
  readonly results = new ResultColumns();
  readonly finals: FinalChange[] = [];
  readonly transfers: Line[] = [];
  readonly faults: Line[] = [];
  readonly violations: Line[] = [];
  /** Lanes and payers whose balance moved; the ledger has the new values. */
  readonly movedLanes = new Set<bigint>();
  readonly movedPayers = new Set<string>();
  heights = 0;
}
