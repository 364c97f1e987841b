import { sql } from "drizzle-orm";
import { bigint, check, index, integer, primaryKey, text } from "drizzle-orm/pg-core";
import { ofItsOrganisation } from "./isolation.ts";
import { gatewaySchema } from "./schema.ts";
import { organisations } from "./tenants.ts";

/**
 * What may be spent, by an organisation or by one of its keys (`id` is theirs). `spent` counts blocks leased by running gateways, so that it is
 * never less than what was charged; a gateway that stops gives back what it did not use, and of one that is killed the others do, later (I7: the limit
 * fails closed).
 */
export const budgets = gatewaySchema.table(
  "budgets",
  {
    id: text("id").primaryKey(),
    organisationId: text("organisation_id")
      .notNull()
      .references(() => organisations.id),
    /** Ulam; null is no limit. */
    limit: bigint("limit_ulam", { mode: "bigint" }),
    spent: bigint("spent_ulam", { mode: "bigint" }).notNull().default(sql`0`),
  },
  (table) => [
    check("budgets_spent_not_negative", sql`${table.spent} >= 0`),
    check("budgets_limit_held", sql`${table.limit} is null or ${table.spent} <= ${table.limit}`),
    index("budgets_by_organisation").on(table.organisationId),
    ofItsOrganisation(table.organisationId),
  ],
);

/** The next nonce of a lane's epoch. Gateways take ranges, so a nonce is never given twice, also after a crash (I4, T68). */
export const nonceCursors = gatewaySchema.table(
  "nonce_cursors",
  {
    lane: bigint("lane", { mode: "bigint" }).notNull(),
    epoch: bigint("epoch", { mode: "bigint" }).notNull(),
    next: integer("next").notNull(),
  },
  (table) => [primaryKey({ columns: [table.lane, table.epoch] }), check("nonce_cursors_not_negative", sql`${table.next} >= 0`)],
);
