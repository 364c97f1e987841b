import { sql } from "drizzle-orm";
import { bigint, check, doublePrecision, integer, primaryKey, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import { ofItsOrganisation } from "./isolation.ts";
import { gatewaySchema } from "./schema.ts";

/** Gateways that run on this database. One that was not seen for a while is dead: what it had leased goes back. */
export const instances = gatewaySchema.table("instances", {
  id: text("id").primaryKey(),
  startedAt: moment("started_at").notNull().defaultNow(),
  seenAt: moment("seen_at").notNull().defaultNow(),
});

/**
 * What each gateway leased of each budget and did not give back: charges of its jobs, and what it may still spend. After its death the part that no job
 * of its took goes back once nothing that it signed can settle any more (I6, I7).
 */
export const budgetLeases = gatewaySchema.table(
  "budget_leases",
  {
    instanceId: text("instance_id").notNull(),
    budgetId: text("budget_id").notNull(),
    organisationId: text("organisation_id").notNull(),
    /** Its jobs are younger. */
    leasedAt: moment("leased_at").notNull().defaultNow(),
    granted: bigint("granted_ulam", { mode: "bigint" }).notNull(),
    /** Set at the gateway's death: the last height at which one of its jobs may settle. */
    settledAfter: bigint("settled_after", { mode: "bigint" }),
  },
  (table) => [
    primaryKey({ columns: [table.instanceId, table.budgetId] }),
    check("budget_leases_not_negative", sql`${table.granted} >= 0`),
    ofItsOrganisation(table.organisationId),
  ],
);

/** How much a key uses now, over all gateways: its bucket of requests, and how many of its places are leased. */
export const keyUsage = gatewaySchema.table(
  "key_usage",
  {
    keyId: text("key_id").primaryKey(),
    organisationId: text("organisation_id").notNull(),
    tokens: doublePrecision("tokens").notNull(),
    filledAt: moment("filled_at").notNull().defaultNow(),
    places: integer("places").notNull().default(0),
  },
  (table) => [check("key_usage_places_not_negative", sql`${table.places} >= 0`), ofItsOrganisation(table.organisationId)],
);

/** Which gateway holds how many of a key's places: requests at once. */
export const placeLeases = gatewaySchema.table(
  "place_leases",
  {
    instanceId: text("instance_id").notNull(),
    keyId: text("key_id").notNull(),
    organisationId: text("organisation_id").notNull(),
    places: integer("places").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.instanceId, table.keyId] }),
    check("place_leases_not_negative", sql`${table.places} >= 0`),
    ofItsOrganisation(table.organisationId),
  ],
);
