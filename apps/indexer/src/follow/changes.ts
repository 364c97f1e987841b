/** A line of a table of schema `index`, by column, as `jsonb_populate_recordset` reads it: bytes as `\x…`, large integers as text. */
export type Line = Readonly<Record<string, string | number | boolean | null | readonly unknown[]>>;

/** A block that became final: what its line gains. */
export interface FinalChange {
  readonly kind: number;
  readonly term: string;
  readonly number: string;
  readonly line: Line;
  /** Rows whose outcome changed between acceptance and finality: those of a convicted worker. */
  readonly outcomes: readonly OutcomeChange[];
}

export interface OutcomeChange {
  readonly first: number;
  readonly count: number;
  readonly outcome: string;
  readonly reason: string;
}

/** All that one height adds and changes, in the order of the chain. A pure function of the heights up to it (I28). */
export interface HeightChanges {
  readonly operators: readonly Line[];
  readonly signingKeys: readonly Line[];
  readonly models: readonly Line[];
  readonly modelVersions: readonly Line[];
  readonly lanes: readonly Line[];
  readonly terms: readonly Line[];
  readonly batches: readonly Line[];
  readonly blocks: readonly Line[];
  /** Without `id`, which the writer counts. */
  readonly results: readonly Line[];
  readonly finals: readonly FinalChange[];
  readonly transfers: readonly Line[];
  readonly faults: readonly Line[];
}

type Mutable = { [Table in keyof HeightChanges]: HeightChanges[Table][number][] };

export function noChanges(): Mutable {
  return {
    operators: [],
    signingKeys: [],
    models: [],
    modelVersions: [],
    lanes: [],
    terms: [],
    batches: [],
    blocks: [],
    results: [],
    finals: [],
    transfers: [],
    faults: [],
  };
}

export type ChangesBuilder = ReturnType<typeof noChanges>;
