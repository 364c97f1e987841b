import { sql } from "drizzle-orm";
import { type AnyPgColumn, pgPolicy } from "drizzle-orm/pg-core";

/** The setting that says for whom a statement speaks: an organisation's id, or `SERVICE_SCOPE`. */
export const SCOPE_SETTING = "lamina.organisation";
/** The gateway's own work, over all organisations: authentication, the ledger, settlement, takeover. No organisation has this id. */
export const SERVICE_SCOPE = "*";

/**
 * The row-level security of a tenant table (I30, T1): a row is there for a statement that speaks for its organisation, or for the service itself.
 * Unset, which is how a session begins, nothing is there. `(select …)` is evaluated once a statement, not once a row. Migrations add FORCE,
 * since the role that owns the tables is the one that queries them.
 */
export function ofItsOrganisation(organisation: AnyPgColumn) {
  const scope = sql.raw(`(select current_setting('${SCOPE_SETTING}', true))`);
  const isInScope = sql`${organisation} = ${scope} or ${scope} = ${sql.raw(`'${SERVICE_SCOPE}'`)}`;
  return pgPolicy("of_its_organisation", { as: "permissive", for: "all", to: "public", using: isInScope, withCheck: isInScope });
}
