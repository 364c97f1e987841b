import { z } from "zod";

export const quoteQuerySchema = z.strictObject({
  model: z.string().min(1).max(128),
  version: z.string().min(1).max(32).optional(),
  items: z.coerce.number().int().min(1).max(65_535).optional(),
  profile: z.coerce.number().int().min(1).max(65_535).optional().describe("The largest where not given."),
});
export type QuoteQuery = z.infer<typeof quoteQuerySchema>;

const ulam = z.string().describe("Decimal, ulam.");

export const quoteSchema = z.strictObject({
  model: z.string(),
  model_id: z.string(),
  profile: z.int(),
  items: z.int(),
  units: z.string(),
  levels: z.array(
    z.strictObject({
      level: z.string(),
      offered: z.boolean(),
      reason: z.string().nullable().describe("Why the level is not offered."),
      unit_price: ulam.nullable(),
      charge: ulam.nullable(),
      ceiling: ulam.nullable().describe("Charge with the most that settling may add."),
      added_latency_ms: z.number().nullable().describe("Measured beyond the worker's own time, a moving average; null before the first answer."),
      final_after_heights: z.string().nullable(),
      detection: z.null().describe("Probability that a cheat is caught: not measured yet."),
      detection_reason: z.string(),
    }),
  ),
});
export type Quote = z.infer<typeof quoteSchema>;
