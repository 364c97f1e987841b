import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, jsonb, primaryKey, smallint, text } from "drizzle-orm/pg-core";
import { bytea, moment } from "../gateway-schema/columns.ts";
import { counter, height, u64 } from "./columns.ts";
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
    /** In the order of acceptance, from 1. */
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    batchId: bytea("batch_id").notNull(),
    term: counter("term").notNull(),
    firstNumber: counter("first_number").notNull(),
    blocks: integer("blocks").notNull(),
    rows: integer("rows").notNull(),
    bytes: integer("bytes").notNull(),
    height: height("height").notNull(),
    time: moment("time").notNull(),
    txHash: bytea("tx_hash").notNull(),
    /** Of the whole transaction. */
    gasUsed: bigint("gas_used", { mode: "bigint" }).notNull(),
    submitter: text("submitter").notNull(),
  },
  (table) => [
    index("batches_by_batch_id").on(table.batchId, table.id),
    index("batches_by_height").on(table.height, table.id),
    index("batches_by_term").on(table.term, table.id),
  ],
);

/** Rollup blocks (kind 1) and forced runs (kind 2, `term` 0, `number` their sequence). */
export const blocks = indexSchema.table(
  "blocks",
  {
    /** In the order of acceptance, from 1. */
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    kind: smallint("kind").notNull(),
    term: counter("term").notNull(),
    number: counter("number").notNull(),
    headerHash: bytea("header_hash").notNull(),
    /** Kind 1 alone, like `signature`, `sequencer_key` and `batch_id`. */
    parent: bytea("parent"),
    rowsRoot: bytea("rows_root").notNull(),
    rows: integer("rows").notNull(),
    /** Its rows are the results `first_result` … `first_result + rows − 1`. */
    firstResult: bigint("first_result", { mode: "bigint" }).notNull(),
    level: smallint("level").notNull(),
    param: smallint("param").notNull(),
    referenceHeight: u64("reference_height").notNull(),
    charges: u64("charges_ulam").notNull(),
    signature: bytea("signature"),
    sequencerKey: bytea("sequencer_key"),
    batchId: bytea("batch_id"),
    txHash: bytea("tx_hash").notNull(),
    submitter: text("submitter").notNull(),
    acceptedHeight: height("accepted_height").notNull(),
    debited: u64("debited_ulam").notNull(),
    /** Of each individually signed row that was paid. */
    signatureFee: u64("signature_fee_ulam").notNull(),
    exceptions: jsonb("exceptions").$type<IndexedException[]>().notNull(),
    finalHeight: height("final_height"),
    refunded: u64("refunded_ulam"),
    workersPaid: u64("workers_paid_ulam"),
    sequencerPaid: u64("sequencer_paid_ulam"),
    protocolPaid: u64("protocol_paid_ulam"),
    finalLogIndex: counter("final_log_index"),
    /** The 152 bytes that are the leaf of the final log. */
    finalRecord: bytea("final_record"),
  },
  (table) => [
    // Not unique: a chain that numbers two blocks alike must be shown to have done so (v1_violations).
    index("blocks_by_number").on(table.kind, table.number, table.id),
    index("blocks_by_final_log").on(table.finalLogIndex, table.id),
    index("blocks_by_accepted_height").on(table.acceptedHeight, table.id),
    index("blocks_by_batch").on(table.batchId, table.id),
    index("blocks_by_term").on(table.term, table.id),
    index("blocks_pending").on(table.id).where(sql`${table.finalHeight} is null`),
  ],
);

/** Contiguous pieces of workers' logs, as blocks hold them: with the rows they are what heads and receipts are checked by. */
export const runs = indexSchema.table(
  "runs",
  {
    blockId: bigint("block_id", { mode: "bigint" }).notNull(),
    /** Place of its first row in the block. */
    position: integer("position").notNull(),
    rows: integer("rows").notNull(),
    keyId: integer("key_id").notNull(),
    incarnation: bigint("incarnation", { mode: "bigint" }).notNull(),
    start: u64("start").notNull(),
    previousHead: bytea("previous_head").notNull(),
    /** The worker's, over the head after the run. */
    signature: bytea("signature").notNull(),
  },
  (table) => [primaryKey({ columns: [table.blockId, table.position] })],
);

/** One line for each row of each block. Rows that a forced run settled first stand twice, once as `skipped`. */
export const results = indexSchema.table(
  "results",
  {
    /** In the order in which the chain accepted them, from 1. */
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    blockId: bigint("block_id", { mode: "bigint" }).notNull(),
    keyId: integer("key_id").notNull(),
    lane: counter("lane").notNull(),
    modelNo: integer("model_no").notNull(),
    logIndex: u64("log_index").notNull(),
    incarnation: bigint("incarnation", { mode: "bigint" }).notNull(),
    nonce: bigint("nonce", { mode: "bigint" }).notNull(),
    profile: integer("profile").notNull(),
    items: bigint("items", { mode: "bigint" }).notNull(),
    unitPrice: u64("unit_price_ulam").notNull(),
    ceiling: u64("ceiling_ulam").notNull(),
    settleBy: u64("settle_by").notNull(),
    units: u64("units").notNull(),
    charge: u64("charge_ulam").notNull(),
    isSigned: boolean("is_signed").notNull(),
    jobId: bytea("job_id").notNull(),
    h: bytea("h").notNull(),
    output: bytea("output").notNull(),
    /** What became of it so far; `paid` is certain once the block is final. */
    outcome: text("outcome").notNull(),
    reason: text("reason").notNull(),
  },
  (table) => [
    index("results_by_job").on(table.jobId),
    index("results_by_block").on(table.blockId, table.id),
    index("results_by_lane").on(table.lane, table.id),
    index("results_by_key").on(table.keyId, table.id),
    index("results_by_model").on(table.modelNo, table.id),
    index("results_by_outcome").on(table.outcome, table.id).where(sql`${table.outcome} <> 'paid'`),
    check("results_outcome", sql`${table.outcome} in ('paid', 'void', 'refunded', 'overturned', 'skipped', 'open')`),
  ],
);
