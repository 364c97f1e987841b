import { bigint, primaryKey, smallint, text } from "drizzle-orm/pg-core";
import { bytea } from "./columns.ts";
import { gatewaySchema } from "./schema.ts";

/** Blocks that hold rows of ours: signed by a sequencer, or made by the chain of a forced run. What receipts of stage 2 need. */
export const blocks = gatewaySchema.table(
  "blocks",
  {
    /** 1 block, 2 forced run. */
    kind: smallint("kind").notNull(),
    /** 0 for a forced run. */
    term: bigint("term", { mode: "bigint" }).notNull(),
    number: bigint("number", { mode: "bigint" }).notNull(),
    header: bytea("header").notNull(),
    headerHash: bytea("header_hash").notNull(),
    sequencerKey: bytea("sequencer_key"),
    signature: bytea("signature"),
    /** All rows' leaf hashes, 32 bytes each, in order. */
    leafHashes: bytea("leaf_hashes").notNull(),
    /** Set once the chain accepted it. */
    acceptedHeight: bigint("accepted_height", { mode: "bigint" }),
    batchId: bytea("batch_id"),
    /** Place in the final log, once final. */
    logIndex: bigint("log_index", { mode: "bigint" }),
  },
  (table) => [primaryKey({ columns: [table.kind, table.term, table.number] })],
);

/** Signing keys of sequencers by term, as the chain announced them. */
export const sequencerTerms = gatewaySchema.table("sequencer_terms", {
  term: bigint("term", { mode: "bigint" }).primaryKey(),
  key: bytea("key").notNull(),
});

/** The final log as the chain announced it: record bytes in order, so that inclusion proofs can be made for any size. */
export const finalRecords = gatewaySchema.table("final_records", {
  logIndex: bigint("log_index", { mode: "bigint" }).primaryKey(),
  record: bytea("record").notNull(),
  /** Encoded exception runs, without their count. */
  exceptions: bytea("exceptions").notNull(),
});

/** How far a follower has read, by its name. */
export const cursors = gatewaySchema.table("cursors", {
  name: text("name").primaryKey(),
  height: bigint("height", { mode: "bigint" }).notNull(),
});
