import { z } from "zod";
import { levelField } from "../level.ts";
import { requestTensorSchema, responseTensorSchema } from "../open-inference/infer.ts";

const ulam = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,18})$/)
  .describe("Decimal, ulam.");
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);

/** Body of `POST /lamina/v1/jobs`. Exactly one of `inputs` and `text`. */
export const jobRequestSchema = z.strictObject({
  model: z.string().min(1).max(128).describe("A name, or a model id in hex."),
  version: z.string().min(1).max(32).optional(),
  inputs: z.array(requestTensorSchema).min(1).max(32).optional().describe("As in the Open Inference Protocol; axis 0 counts the items."),
  text: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe("For models with a tokenizer."),
  level: levelField.optional(),
  mode: z.enum(["sync", "async"]).optional().describe("`sync` where not given. `async` answers 202 once the job is durable."),
  reference: z.string().max(256).optional().describe("The client's own words, at most 256 bytes; inside the signed job, never posted."),
  max_charge: ulam.optional().describe("Most that this request may cost, ulam."),
  timeout_ms: z.int().min(1).max(600_000).optional(),
});
export type JobRequest = z.infer<typeof jobRequestSchema>;

export const jobStateSchema = z.enum(["accepted", "running", "answered", "failed", "cancelled"]);
export type JobState = z.infer<typeof jobStateSchema>;

export const jobSchema = z.strictObject({
  id: z.string().describe("The job's id in hex; of an asynchronous request its own id."),
  state: jobStateSchema,
  job_id: hex32.nullable().describe("Of the job that was answered."),
  model: z.string(),
  model_id: hex32.nullable(),
  level: z.string().nullable(),
  worker: hex32.nullable().describe("The worker's signing key."),
  units: z.string().nullable(),
  charge: ulam.nullable().describe("What the worker's row charges, ulam."),
  outputs: z.array(responseTensorSchema).optional().describe("Kept for asynchronous and idempotent requests alone."),
  receipt: z.string().optional().describe("The receipt of stage 1, base64."),
  error: nativeErrorBody().optional(),
  created_at: z.string(),
  answered_at: z.string().nullable(),
});
export type JobView = z.infer<typeof jobSchema>;

function nativeErrorBody() {
  return z.strictObject({ code: z.string(), message: z.string(), retryable: z.boolean() });
}
