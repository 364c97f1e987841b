import { boolean, index, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import { bytea } from "../gateway-schema/columns.ts";
import { height, u64 } from "./columns.ts";
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
  operatorId: u64("operator_id").primaryKey(),
  role: text("role", { enum: ["worker", "sequencer"] }).notNull(),
  account: text("account").notNull(),
  signingKey: bytea("signing_key").notNull(),
  natsKey: text("nats_key").notNull(),
  status: text("status").notNull(),
  bond: u64("bond_ulam").notNull(),
  region: text("region").notNull(),
  capabilities: text("capabilities").array().notNull(),
  offers: jsonb("offers").$type<IndexedOffer[]>().notNull(),
  registeredHeight: height("registered_height").notNull(),
  updatedHeight: height("updated_height").notNull(),
});

/** Every key an operator ever signed with: rows and headers name keys. */
export const signingKeys = indexSchema.table("signing_keys", {
  signingKey: bytea("signing_key").primaryKey(),
  operatorId: u64("operator_id").notNull(),
  registeredHeight: height("registered_height").notNull(),
});

export const models = indexSchema.table("models", {
  modelId: bytea("model_id").primaryKey(),
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
    modelId: bytea("model_id").notNull(),
    publisher: text("publisher").notNull(),
    registeredHeight: height("registered_height").notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.version] })],
);

/** Allotments; `balance` is as of the last change that an event told, not run down by rows. */
export const lanes = indexSchema.table(
  "lanes",
  {
    lane: u64("lane").primaryKey(),
    payer: text("payer").notNull(),
    spenderKey: bytea("spender_key").notNull(),
    endHeight: u64("end_height").notNull(),
    /** Hex; none: all. */
    models: text("models").array().notNull(),
    levels: integer("levels").array().notNull(),
    isRevoked: boolean("is_revoked").notNull(),
    isClosed: boolean("is_closed").notNull(),
    registeredHeight: height("registered_height").notNull(),
    updatedHeight: height("updated_height").notNull(),
  },
  (table) => [index("lanes_by_payer").on(table.payer)],
);
