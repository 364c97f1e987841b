import { z } from "zod";

/** The error body of all routes under `/v1`, as OpenAI's clients read it. */
export const openAiErrorSchema = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.enum(["invalid_request_error", "authentication_error", "permission_error", "insufficient_quota", "rate_limit_error", "server_error"]),
    param: z.string().nullable().describe("The field at fault."),
    code: z.string().describe("Stable and machine-readable."),
  }),
});
export type OpenAiError = z.infer<typeof openAiErrorSchema>;
