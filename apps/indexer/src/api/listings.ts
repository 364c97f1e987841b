/** How a filter's text is read. Numbers are whole, up to 2^63 − 1; hex is that of 32 bytes. */
export type ValueKind = "number" | "text" | "hex";

/** `column = value`. Where only some words can occur, any other is refused with their list. */
export interface EqualFilter {
  readonly rule: "equal";
  readonly column: string;
  readonly kind: ValueKind;
  readonly words?: Readonly<Record<string, string | number>>;
}

/** The lines whose `column` is that of the few lines of another table that match: taken from each of them in order and merged, so no index is wide. */
export interface ThroughFilter {
  readonly rule: "through";
  readonly table: string;
  readonly match: Readonly<Record<string, EqualFilter>>;
  readonly far: string;
  readonly column: string;
  /** The parameter without which the others would match too many lines. */
  readonly needs: string;
}

/** `column >= value` or `column <= value` of the listing's own order. */
export interface RangeFilter {
  readonly rule: "least" | "most";
  readonly column: string;
}

/** From or up to a height: found in a table that is ordered by height, and turned into a bound of the listing's own order. */
export interface HeightFilter {
  readonly rule: "from" | "to";
  readonly table: string;
  readonly height: string;
  readonly bound: string;
}

export type Filter = EqualFilter | ThroughFilter | RangeFilter | HeightFilter;

export interface OrderKey {
  /** Of the table. */
  readonly column: string;
  /** Of the view. */
  readonly as: string;
  readonly kind: "number" | "text";
}

/** A listing is a view with the order of its pages and the filters that indexes serve. */
export interface Listing {
  readonly summary: string;
  readonly view: string;
  /** The table whose indexes choose the lines; the view then shows them. */
  readonly table: string;
  /** Columns that order lines and tell each from all others. */
  readonly order: readonly OrderKey[];
  /** Newest first. */
  readonly descending: boolean;
  /** Of the table: only lines where it is not null are listed. */
  readonly present?: string;
  readonly filters: Readonly<Record<string, Filter>>;
}

export const OUTCOMES = ["paid", "void", "refunded", "overturned", "skipped", "open"] as const;
const TRANSFER_KINDS = ["worker", "sequencer", "protocol", "refund", "deposited", "withdrawal_requested", "withdrawn"] as const;
const ROLES = ["worker", "sequencer"] as const;
const STATUSES = ["active", "paused", "jailed", "convicted", "unbonding", "gone"] as const;

const equal = (column: string, kind: ValueKind): EqualFilter => ({ rule: "equal", column, kind });
const oneOf = (column: string, words: readonly string[]): EqualFilter => ({
  rule: "equal",
  column,
  kind: "text",
  words: Object.fromEntries(words.map((word) => [word, word])),
});
const heights = (table: string, height: string, bound: string) => ({
  from_height: { rule: "from", table, height, bound } as const,
  to_height: { rule: "to", table, height, bound } as const,
});
const through = (table: string, parameter: string, match: EqualFilter, far: string, column = far): ThroughFilter => ({
  rule: "through",
  table,
  match: { [parameter]: match },
  far,
  column,
  needs: parameter,
});

/** Kind and number name a block. Without a kind, a number names a sequencer's block and a forced run. */
const BLOCK_KIND: EqualFilter = { rule: "equal", column: "kind", kind: "text", words: { block: 1, forced: 2 } };
const ofBlock = (far: string, column: string): ThroughFilter => ({
  rule: "through",
  table: "blocks",
  match: { number: equal("number", "number"), kind: BLOCK_KIND },
  far,
  column,
  needs: "number",
});
const BY_ID: readonly OrderKey[] = [{ column: "id", as: "id", kind: "number" }];

/** `/index/v1/<name>`. */
export const LISTINGS: Readonly<Record<string, Listing>> = {
  results: {
    summary: "Rows with their outcomes, newest first",
    view: "v1_results",
    table: "results",
    order: BY_ID,
    descending: true,
    filters: {
      job_id: equal("job_id", "hex"),
      lane: equal("lane", "number"),
      payer: through("lanes", "payer", equal("payer", "text"), "lane"),
      operator_id: through("signing_keys", "operator_id", equal("operator_id", "number"), "key_id"),
      worker: through("signing_keys", "worker", equal("signing_key", "hex"), "key_id"),
      model: through("models", "model", equal("name", "text"), "model_no"),
      model_id: through("models", "model_id", equal("model_id", "hex"), "model_no"),
      batch_id: through("blocks", "batch_id", equal("batch_id", "hex"), "id", "block_id"),
      block_id: equal("block_id", "number"),
      number: ofBlock("id", "block_id"),
      outcome: oneOf("outcome", OUTCOMES),
      ...heights("blocks", "accepted_height", "first_result"),
    },
  },
  blocks: {
    summary: "Rollup blocks and forced runs, newest first",
    view: "v1_blocks",
    table: "blocks",
    order: BY_ID,
    descending: true,
    filters: {
      kind: BLOCK_KIND,
      term: equal("term", "number"),
      number: equal("number", "number"),
      batch_id: equal("batch_id", "hex"),
      ...heights("blocks", "accepted_height", "id"),
    },
  },
  runs: {
    summary: "Contiguous pieces of workers' logs, with the signatures of their heads",
    view: "v1_runs",
    table: "runs",
    order: [
      { column: "block_id", as: "block_id", kind: "number" },
      { column: "position", as: "position", kind: "number" },
    ],
    descending: true,
    filters: {
      block_id: equal("block_id", "number"),
      number: ofBlock("id", "block_id"),
      batch_id: through("blocks", "batch_id", equal("batch_id", "hex"), "id", "block_id"),
    },
  },
  batches: {
    summary: "Transactions of a sequencer, newest first",
    view: "v1_batches",
    table: "batches",
    order: BY_ID,
    descending: true,
    filters: { batch_id: equal("batch_id", "hex"), term: equal("term", "number"), ...heights("batches", "height", "id") },
  },
  "final-log": {
    summary: "Leaves of the chain's append-only final log, in order: with them anybody proves a block final",
    view: "v1_final_log",
    table: "blocks",
    order: [{ column: "final_log_index", as: "log_index", kind: "number" }],
    descending: false,
    present: "final_log_index",
    filters: {
      from_index: { rule: "least", column: "final_log_index" },
      to_index: { rule: "most", column: "final_log_index" },
      kind: BLOCK_KIND,
      number: equal("number", "number"),
    },
  },
  operators: {
    summary: "Workers and sequencers",
    view: "v1_operators",
    table: "operators",
    order: [{ column: "operator_id", as: "operator_id", kind: "number" }],
    descending: false,
    filters: {
      operator_id: equal("operator_id", "number"),
      role: oneOf("role", ROLES),
      status: oneOf("status", STATUSES),
      account: equal("account", "text"),
      region: equal("region", "text"),
      signing_key: through("signing_keys", "signing_key", equal("signing_key", "hex"), "operator_id"),
    },
  },
  models: {
    summary: "Registered versions of models",
    view: "v1_models",
    table: "model_versions",
    order: [
      { column: "name", as: "name", kind: "text" },
      { column: "version", as: "version", kind: "text" },
    ],
    descending: false,
    filters: {
      name: equal("name", "text"),
      version: equal("version", "text"),
      publisher: equal("publisher", "text"),
      model_id: through("models", "model_id", equal("model_id", "hex"), "model_no"),
      task: through("models", "task", equal("task", "text"), "model_no"),
    },
  },
  lanes: {
    summary: "Payers' allotments",
    view: "v1_lanes",
    table: "lanes",
    order: [{ column: "lane", as: "lane", kind: "number" }],
    descending: false,
    filters: { lane: equal("lane", "number"), payer: equal("payer", "text") },
  },
  deposits: {
    summary: "What payers hold in escrow outside lanes",
    view: "v1_deposits",
    table: "deposits",
    order: [{ column: "payer", as: "payer", kind: "text" }],
    descending: false,
    filters: { payer: equal("payer", "text") },
  },
  transfers: {
    summary: "Payments, refunds, deposits and withdrawals, newest first",
    view: "v1_transfers",
    table: "transfers",
    order: BY_ID,
    descending: true,
    filters: {
      account: equal("account", "text"),
      kind: oneOf("kind", TRANSFER_KINDS),
      block_id: equal("block_id", "number"),
      number: through("blocks", "number", equal("number", "number"), "id", "block_id"),
      lane: equal("lane", "number"),
      ...heights("transfers", "height", "id"),
    },
  },
  faults: {
    summary: "Proved faults and what they cost, newest first",
    view: "v1_faults",
    table: "faults",
    order: BY_ID,
    descending: true,
    filters: { operator_id: equal("operator_id", "number"), ...heights("faults", "height", "id") },
  },
  terms: {
    summary: "Terms of sequencers, newest first",
    view: "v1_terms",
    table: "terms",
    order: [{ column: "term", as: "term", kind: "number" }],
    descending: true,
    filters: { term: equal("term", "number"), operator_id: equal("operator_id", "number") },
  },
  violations: {
    summary: "Invariants that the chain broke: empty, or something is very wrong",
    view: "v1_violations",
    table: "violations",
    order: [
      { column: "height", as: "height", kind: "number" },
      { column: "invariant", as: "invariant", kind: "text" },
      { column: "subject", as: "subject", kind: "text" },
    ],
    descending: true,
    filters: { invariant: equal("invariant", "text") },
  },
};

/** Names that a listing takes, filters first. A filter through another table may take several. */
export function parametersOf(listing: Listing): string[] {
  const names = Object.entries(listing.filters).flatMap(([name, filter]) => (filter.rule === "through" ? Object.keys(filter.match) : [name]));
  return [...new Set(names), "limit", "cursor"];
}
