import { z } from "zod";

/** The error body of all routes under `/v2`. */
export const openInferenceErrorSchema = z.strictObject({ error: z.string() });
export type OpenInferenceError = z.infer<typeof openInferenceErrorSchema>;
