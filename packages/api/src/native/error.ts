import { z } from "zod";

/** The error body of all routes under `/lamina`. */
export const nativeErrorSchema = z.strictObject({
  error: z.strictObject({
    code: z.string().describe("Stable and machine-readable, in snake case."),
    message: z.string(),
    retryable: z.boolean(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});
export type NativeError = z.infer<typeof nativeErrorSchema>;
