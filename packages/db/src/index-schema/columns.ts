import { bigint, numeric } from "drizzle-orm/pg-core";

/** A chain block's height. */
export const height = (name: string) => bigint(name, { mode: "bigint" });

/** A number that the chain counts up from 1 (lanes, terms, operators, log indices): it never reaches the upper half of 64 bits. */
export const counter = (name: string) => bigint(name, { mode: "bigint" });

/** Any unsigned 64-bit number that somebody chose: `int8` would not hold the upper half. Amounts are ulam. */
export const u64 = (name: string) => numeric(name, { precision: 20, scale: 0, mode: "bigint" });

/** An amount that the chain's own integers hold, which are wider than 64 bits. */
export const ulam = (name: string) => numeric(name, { precision: 78, scale: 0, mode: "bigint" });
