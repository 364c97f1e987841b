import { bigint, numeric } from "drizzle-orm/pg-core";

/** A chain block's height. */
export const height = (name: string) => bigint(name, { mode: "bigint" });

/** An unsigned 64-bit number of the chain: `int8` would not hold the upper half. Amounts are ulam. */
export const u64 = (name: string) => numeric(name, { precision: 20, scale: 0, mode: "bigint" });
