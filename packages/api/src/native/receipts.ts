import { z } from "zod";

/** Query of `GET /lamina/v1/receipts/{id}`. */
export const receiptQuerySchema = z.strictObject({
  checkpoint_height: z
    .string()
    .regex(/^[1-9][0-9]{0,17}$/)
    .optional()
    .describe("Height of the reader's checkpoint: the trust path starts above it. The gateway's own checkpoint where not given."),
});
export type ReceiptQuery = z.infer<typeof receiptQuerySchema>;
