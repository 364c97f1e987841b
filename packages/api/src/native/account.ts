import { z } from "zod";

const ulam = z.string().describe("Decimal, ulam.");

export const accountSchema = z.strictObject({
  organisation: z.strictObject({
    id: z.string(),
    name: z.string(),
    spend_limit: ulam.nullable(),
    spent: ulam.describe("Charged and reserved, never less than what was charged."),
  }),
  key: z.strictObject({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    expires_at: z.string().nullable(),
    spend_limit: ulam.nullable(),
    spent: ulam,
    requests_per_minute: z.int(),
    concurrency_max: z.int(),
  }),
  lanes: z.array(
    z.strictObject({
      id: z.string(),
      spender_key: z.string(),
      balance: ulam.nullable().describe("As the chain has it; null while the chain does not answer."),
      end_height: z.string().nullable(),
    }),
  ),
});
export type Account = z.infer<typeof accountSchema>;
