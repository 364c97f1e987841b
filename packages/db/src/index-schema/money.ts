import { bigint, index, jsonb, primaryKey, smallint, text } from "drizzle-orm/pg-core";
import { bytea, moment } from "../gateway-schema/columns.ts";
import { counter, height, ulam } from "./columns.ts";
import { indexSchema } from "./schema.ts";

/** Money that the settlement moved: payments and refunds out of pots, deposits, withdrawals. */
export const transfers = indexSchema.table(
  "transfers",
  {
    /** In the chain's order, from 1. */
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    height: height("height").notNull(),
    /** worker, sequencer, protocol, refund, deposited, withdrawal_requested, withdrawn. */
    kind: text("kind").notNull(),
    account: text("account").notNull(),
    amount: ulam("amount_ulam").notNull(),
    /** The block that it settles. */
    blockId: bigint("block_id", { mode: "bigint" }),
    /** Of a refund. */
    lane: counter("lane"),
    /** Joins a withdrawal's request and its payment. */
    withdrawalId: counter("withdrawal_id"),
  },
  (table) => [
    index("transfers_by_account").on(table.account, table.id),
    index("transfers_by_height").on(table.height, table.id),
    index("transfers_by_kind").on(table.kind, table.id),
    index("transfers_by_block").on(table.blockId, table.id),
    index("transfers_by_lane").on(table.lane, table.id),
  ],
);

export const faults = indexSchema.table(
  "faults",
  {
    id: bigint("id", { mode: "bigint" }).primaryKey(),
    height: height("height").notNull(),
    operatorId: counter("operator_id").notNull(),
    fault: text("fault").notNull(),
    slashed: ulam("slashed_ulam").notNull(),
    burnt: ulam("burnt_ulam").notNull(),
    reward: ulam("reward_ulam").notNull(),
    reporter: text("reporter").notNull(),
  },
  (table) => [index("faults_by_operator").on(table.operatorId, table.id), index("faults_by_height").on(table.height, table.id)],
);

export const terms = indexSchema.table("terms", {
  term: counter("term").primaryKey(),
  operatorId: counter("operator_id").notNull(),
  key: bytea("key").notNull(),
  startedHeight: height("started_height").notNull(),
  reason: text("reason").notNull(),
});

/** What the chain told that its own rules forbid. Empty, or something is very wrong. */
export const violations = indexSchema.table(
  "violations",
  {
    height: height("height").notNull(),
    /** Of docs/spec/invariants.md, as `I4`. */
    invariant: text("invariant").notNull(),
    /** What it is about, as `block 12` or `job 00ff…`. */
    subject: text("subject").notNull(),
    expected: text("expected").notNull(),
    found: text("found").notNull(),
  },
  (table) => [primaryKey({ columns: [table.height, table.invariant, table.subject] })],
);

/** One line: how far the index has come. Written in the transaction of the heights up to the one that it names (T57). */
export const follower = indexSchema.table("follower", {
  id: smallint("id").primaryKey(),
  chainId: text("chain_id").notNull(),
  height: height("height").notNull(),
  time: moment("time").notNull(),
  /** Of that height's header: the next header must name it as its parent (I34). */
  blockHash: bytea("block_hash").notNull(),
  /** The numbers of the next lines, by table. */
  next: jsonb("next").$type<Record<string, string>>().notNull(),
  /** Peaks of the final log, each 32 bytes, as the chain keeps them. */
  finalLogPeaks: bytea("final_log_peaks").notNull(),
});
