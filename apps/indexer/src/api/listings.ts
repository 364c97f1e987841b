/** How a filter's text is compared: as a number, as text, as lower-case hex. */
export type FilterKind = "number" | "text" | "hex";

/** A listing is a view with the order of its pages and the filters that indexes make cheap. */
export interface Listing {
  readonly view: string;
  /** Columns that order lines and tell each from all others; `number` columns are compared as numbers. */
  readonly order: readonly { readonly column: string; readonly kind: "number" | "text" }[];
  /** Newest first. */
  readonly descending: boolean;
  readonly filters: Readonly<Record<string, { readonly column: string; readonly kind: FilterKind; readonly operator: "=" | ">=" | "<=" }>>;
}

const equal = (column: string, kind: FilterKind) => ({ column, kind, operator: "=" as const });
const from = (column: string) => ({ column, kind: "number" as const, operator: ">=" as const });
const to = (column: string) => ({ column, kind: "number" as const, operator: "<=" as const });

/** `/index/v1/<name>`. */
export const LISTINGS: Readonly<Record<string, Listing>> = {
  results: {
    view: "v1_results",
    order: [{ column: "id", kind: "number" }],
    descending: true,
    filters: {
      job_id: equal("job_id", "hex"),
      lane: equal("lane", "number"),
      payer: equal("payer", "text"),
      operator_id: equal("operator_id", "number"),
      model: equal("model", "text"),
      model_id: equal("model_id", "hex"),
      outcome: equal("outcome", "text"),
      kind: equal("kind", "text"),
      term: equal("term", "number"),
      number: equal("number", "number"),
      from_height: from("accepted_height"),
      to_height: to("accepted_height"),
    },
  },
  blocks: {
    view: "v1_blocks",
    order: [
      { column: "accepted_height", kind: "number" },
      { column: "kind", kind: "text" },
      { column: "term", kind: "number" },
      { column: "number", kind: "number" },
    ],
    descending: true,
    filters: {
      kind: equal("kind", "text"),
      term: equal("term", "number"),
      number: equal("number", "number"),
      batch_id: equal("batch_id", "hex"),
      from_height: from("accepted_height"),
      to_height: to("accepted_height"),
    },
  },
  batches: {
    view: "v1_batches",
    order: [
      { column: "height", kind: "number" },
      { column: "batch_id", kind: "text" },
    ],
    descending: true,
    filters: { batch_id: equal("batch_id", "hex"), term: equal("term", "number"), from_height: from("height"), to_height: to("height") },
  },
  operators: {
    view: "v1_operators",
    order: [{ column: "operator_id", kind: "number" }],
    descending: false,
    filters: {
      operator_id: equal("operator_id", "number"),
      role: equal("role", "text"),
      status: equal("status", "text"),
      account: equal("account", "text"),
      region: equal("region", "text"),
    },
  },
  models: {
    view: "v1_models",
    order: [
      { column: "name", kind: "text" },
      { column: "version", kind: "text" },
    ],
    descending: false,
    filters: { name: equal("name", "text"), version: equal("version", "text"), model_id: equal("model_id", "hex"), task: equal("task", "text") },
  },
  lanes: {
    view: "v1_lanes",
    order: [{ column: "lane", kind: "number" }],
    descending: false,
    filters: { lane: equal("lane", "number"), payer: equal("payer", "text") },
  },
  transfers: {
    view: "v1_transfers",
    order: [{ column: "id", kind: "number" }],
    descending: true,
    filters: {
      account: equal("account", "text"),
      kind: equal("kind", "text"),
      number: equal("number", "number"),
      lane: equal("lane", "number"),
      from_height: from("height"),
      to_height: to("height"),
    },
  },
  faults: {
    view: "v1_faults",
    order: [{ column: "id", kind: "number" }],
    descending: true,
    filters: { operator_id: equal("operator_id", "number") },
  },
};
