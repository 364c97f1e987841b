import { pgSchema } from "drizzle-orm/pg-core";

/** What a gateway must not lose: keys, limits, nonces, jobs. Never dropped, unlike `index`. */
export const gatewaySchema = pgSchema("gateway");
