import { pgSchema } from "drizzle-orm/pg-core";

/** A pure function of the chain: dropped and rebuilt at will, and must come out equal (I28). */
export const indexSchema = pgSchema("index");
