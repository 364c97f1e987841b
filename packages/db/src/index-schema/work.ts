import { sql } from "drizzle-orm";
import { bigint, check, index, integer, jsonb, primaryKey, smallint, text } from "drizzle-orm/pg-core";
import { bytea, moment } from "../gateway-schema/columns.ts";
import { height, u64 } from "./columns.ts";
import { indexSchema } from "./schema.ts";

/** Runs of rows that are not plainly paid, as docs/spec/final.md writes them. */
export interface IndexedException {
  readonly first: number;
  readonly count: number;
  readonly outcome: string;
  readonly reason: string;
}

export const batches = indexSchema.table(
  "batches",
  {
    batchId: bytea("batch_id").primaryKey(),
    term: u64("term").notNull(),
    firstNumber: u64("first_number").notNull(),
    blocks: integer("blocks").notNull(),
    rows: integer("rows").notNull(),
    bytes: integer("bytes").notNull(),
    height: height("height").notNull(),
    time: moment("time").notNull(),
    txHash: bytea("tx_hash").notNull(),
    gasUsed: bigint("gas_used", { mode: "bigint" }).notNull(),
    submitter: text("submitter").notNull(),
  },
  (table) => [index("batches_by_height").on(table.height)],
);

/** Rollup blocks (kind 1) and forced runs (kind 2, `term` 0, `number` their sequence). */
export const blocks = indexSchema.table(
  "blocks",
  {
    kind: smallint("kind").notNull(),
    term: u64("term").notNull(),
    number: u64("number").notNull(),
    headerHash: bytea("header_hash").notNull(),
    /** Kind 1 alone, like `reference_height`'s meaning and `signature`. */
    parent: bytea("parent"),
    rowsRoot: bytea("rows_root").notNull(),
    rows: integer("rows").notNull(),
    runs: integer("runs").notNull(),
    level: smallint("level").notNull(),
    param: smallint("param").notNull(),
    referenceHeight: u64("reference_height").notNull(),
    charges: u64("charges_ulam").notNull(),
    signature: bytea("signature"),
    sequencerKey: bytea("sequencer_key"),
    /** Whose transaction it came in: of the batch, or of the forced run. */
    batchId: bytea("batch_id"),
    txHash: bytea("tx_hash").notNull(),
    acceptedHeight: height("accepted_height").notNull(),
    debited: u64("debited_ulam").notNull(),
    exceptions: jsonb("exceptions").$type<IndexedException[]>().notNull(),
    finalHeight: height("final_height"),
    refunded: u64("refunded_ulam"),
    finalLogIndex: u64("final_log_index"),
    /** The 152 bytes that are the leaf of the final log. */
    finalRecord: bytea("final_record"),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.term, table.number] }),
    index("blocks_by_accepted_height").on(table.acceptedHeight),
    index("blocks_by_final_log").on(table.finalLogIndex),
  ],
);

/** One line for each row of each block. Rows that a forced run settled first stand twice, once as `skipped`. */
export const results = indexSchema.table(
  "results",
  {
    /** In the order in which the chain accepted them, from 1. */
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    kind: smallint("kind").notNull(),
    term: u64("term").notNull(),
    number: u64("number").notNull(),
    position: integer("position").notNull(),
    jobId: bytea("job_id").notNull(),
    operatorId: u64("operator_id").notNull(),
    worker: bytea("worker").notNull(),
    incarnation: bigint("incarnation", { mode: "number" }).notNull(),
    logIndex: u64("log_index").notNull(),
    lane: u64("lane").notNull(),
    nonce: bigint("nonce", { mode: "number" }).notNull(),
    modelId: bytea("model_id").notNull(),
    profile: integer("profile").notNull(),
    items: integer("items").notNull(),
    unitPrice: u64("unit_price_ulam").notNull(),
    ceiling: u64("ceiling_ulam").notNull(),
    settleBy: u64("settle_by").notNull(),
    units: u64("units").notNull(),
    charge: u64("charge_ulam").notNull(),
    h: bytea("h").notNull(),
    output: bytea("output").notNull(),
    acceptedHeight: height("accepted_height").notNull(),
    /** What became of it so far; `paid` is certain once the block is final. */
    outcome: text("outcome").notNull(),
    reason: text("reason").notNull(),
  },
  (table) => [
    index("results_by_job").on(table.jobId),
    index("results_by_block").on(table.kind, table.term, table.number, table.position),
    index("results_by_lane").on(table.lane, table.id),
    index("results_by_operator").on(table.operatorId, table.id),
    check("results_outcome", sql`${table.outcome} in ('paid', 'void', 'refunded', 'overturned', 'skipped', 'open')`),
  ],
);

/** Money that the settlement moved: payments and refunds out of pots, deposits, withdrawals. */
export const transfers = indexSchema.table(
  "transfers",
  {
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    height: height("height").notNull(),
    /** worker, sequencer, protocol, refund, deposited, withdrawal_requested, withdrawn. */
    kind: text("kind").notNull(),
    account: text("account").notNull(),
    amount: u64("amount_ulam").notNull(),
    /** Of the block that it settles: number, or a forced run's sequence. */
    blockKind: smallint("block_kind"),
    number: u64("number"),
    lane: u64("lane"),
  },
  (table) => [index("transfers_by_account").on(table.account, table.id), index("transfers_by_height").on(table.height)],
);

export const faults = indexSchema.table("faults", {
  id: bigint("id", { mode: "bigint" }).primaryKey(),
  height: height("height").notNull(),
  operatorId: u64("operator_id").notNull(),
  fault: text("fault").notNull(),
  slashed: u64("slashed_ulam").notNull(),
  burnt: u64("burnt_ulam").notNull(),
  reward: u64("reward_ulam").notNull(),
  reporter: text("reporter").notNull(),
});

export const terms = indexSchema.table("terms", {
  term: u64("term").primaryKey(),
  operatorId: u64("operator_id").notNull(),
  key: bytea("key").notNull(),
  startedHeight: height("started_height").notNull(),
  reason: text("reason").notNull(),
});

/** One line: how far the index has come. Written in the transaction of the height it names (T57). */
export const follower = indexSchema.table("follower", {
  id: smallint("id").primaryKey(),
  chainId: text("chain_id").notNull(),
  height: height("height").notNull(),
  time: moment("time").notNull(),
  nextResult: bigint("next_result", { mode: "bigint" }).notNull(),
  nextTransfer: bigint("next_transfer", { mode: "bigint" }).notNull(),
  nextFault: bigint("next_fault", { mode: "bigint" }).notNull(),
});
