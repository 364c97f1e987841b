import { boolean, index, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import { bytea } from "../gateway-schema/columns.ts";
import { counter, height, u64, ulam } from "./columns.ts";
import { indexSchema } from "./schema.ts";

/** What a worker asks for a model. */
export interface IndexedOffer {
  /** Hex. */
  readonly modelId: string;
  /** Ulam per unit, decimal. */
  readonly unitPriceUlam: string;
}

/** Workers and sequencers as the chain last told of them. */
export const operators = indexSchema.table("operators", {
  operatorId: counter("operator_id").primaryKey(),
  role: text("role").notNull(),
  account: text("account").notNull(),
  /** The newest. */
  signingKey: bytea("signing_key").notNull(),
  natsKey: text("nats_key").notNull(),
  status: text("status").notNull(),
  bond: ulam("bond_ulam").notNull(),
  region: text("region").notNull(),
  capabilities: text("capabilities").array().notNull(),
  offers: jsonb("offers").$type<IndexedOffer[]>().notNull(),
  jailedUntil: u64("jailed_until").notNull(),
  unbondingSince: u64("unbonding_since").notNull(),
  unbondingEnds: u64("unbonding_ends").notNull(),
  registeredHeight: height("registered_height").notNull(),
  updatedHeight: height("updated_height").notNull(),
});

/** Every key an operator ever signed with, numbered in the order of registration: rows name keys by that number. */
export const signingKeys = indexSchema.table(
  "signing_keys",
  {
    keyId: integer("key_id").primaryKey(),
    signingKey: bytea("signing_key").notNull().unique(),
    operatorId: counter("operator_id").notNull(),
    registeredHeight: height("registered_height").notNull(),
  },
  (table) => [index("signing_keys_by_operator").on(table.operatorId)],
);

/** Manifests, numbered in the order of registration: rows name models by that number. */
export const models = indexSchema.table("models", {
  modelNo: integer("model_no").primaryKey(),
  modelId: bytea("model_id").notNull().unique(),
  publisher: text("publisher").notNull(),
  name: text("name").notNull(),
  task: text("task").notNull(),
  licence: text("licence").notNull(),
  manifest: bytea("manifest").notNull(),
  registeredHeight: height("registered_height").notNull(),
});

export const modelVersions = indexSchema.table(
  "model_versions",
  {
    name: text("name").notNull(),
    version: text("version").notNull(),
    modelNo: integer("model_no").notNull(),
    publisher: text("publisher").notNull(),
    registeredHeight: height("registered_height").notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.version] })],
);

/** Allotments. */
export const lanes = indexSchema.table(
  "lanes",
  {
    lane: counter("lane").primaryKey(),
    payer: text("payer").notNull(),
    spenderKey: bytea("spender_key").notNull(),
    /** As it stands after the follower's height: debits and refunds of rows included. */
    balance: ulam("balance_ulam").notNull(),
    endHeight: u64("end_height").notNull(),
    /** Hex; none: all. */
    models: text("models").array().notNull(),
    levels: integer("levels").array().notNull(),
    isRevoked: boolean("is_revoked").notNull(),
    isClosed: boolean("is_closed").notNull(),
    registeredHeight: height("registered_height").notNull(),
    /** Of the last change to its terms; its balance changes with every block that names it. */
    updatedHeight: height("updated_height").notNull(),
  },
  (table) => [index("lanes_by_payer").on(table.payer, table.lane)],
);

/** What payers have in escrow outside lanes, and on its way out. */
export const deposits = indexSchema.table("deposits", {
  payer: text("payer").primaryKey(),
  free: ulam("free_ulam").notNull(),
  leaving: ulam("leaving_ulam").notNull(),
});
