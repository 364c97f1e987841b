import { bigint, index, integer, text } from "drizzle-orm/pg-core";
import { bytea, moment } from "./columns.ts";
import { ofItsOrganisation } from "./isolation.ts";
import { gatewaySchema } from "./schema.ts";

/** A customer. Every other table names one: nothing is read or counted without it (T1, I30). */
export const organisations = gatewaySchema.table(
  "organisations",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    disabledAt: moment("disabled_at"),
    /** The organisation's own key, wrapped by the gateway's: destroying it shreds what was kept for this organisation. Null: shredded. */
    dataKey: bytea("data_key"),
  },
  (table) => [ofItsOrganisation(table.id)],
);

/** Lanes of the chain that this gateway may spend for an organisation. A lane pays for one organisation alone. */
export const lanes = gatewaySchema.table(
  "lanes",
  {
    lane: bigint("lane", { mode: "bigint" }).primaryKey(),
    organisationId: text("organisation_id")
      .notNull()
      .references(() => organisations.id),
    /** ed25519 public key of the spender, 32 bytes; its private key is a file of the gateway's. */
    spenderKey: bytea("spender_key").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [index("lanes_by_organisation").on(table.organisationId), ofItsOrganisation(table.organisationId)],
);

export const apiKeys = gatewaySchema.table(
  "api_keys",
  {
    id: text("id").primaryKey(),
    organisationId: text("organisation_id")
      .notNull()
      .references(() => organisations.id),
    name: text("name").notNull(),
    /** HMAC-SHA-256 of the key under a pepper that is not in this database (T2). */
    digest: bytea("digest").notNull().unique(),
    scopes: text("scopes").array().notNull(),
    concurrencyMax: integer("concurrency_max").notNull(),
    requestsPerMinute: integer("requests_per_minute").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    expiresAt: moment("expires_at"),
    revokedAt: moment("revoked_at"),
    lastUsedAt: moment("last_used_at"),
  },
  (table) => [index("api_keys_by_organisation").on(table.organisationId), ofItsOrganisation(table.organisationId)],
);
