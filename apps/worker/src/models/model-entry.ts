import { PROVIDERS } from "@lamina/inference";
import { z } from "zod";

const count = (min: number, max: number, fallback: number) => z.number().int().min(min).max(max).default(fallback);

/**
 * One served model of `LAMINA_WORKER_MODELS`: a name of the catalogue, or a folder that holds `manifest.json` and all files of the manifest; alone
 * or with how to run it.
 */
export const modelEntrySchema = z.preprocess(
  (value) => (typeof value === "string" ? { model: value } : value),
  z.strictObject({
    model: z.string().min(1),
    provider: z.enum(PROVIDERS).default("cpu"),
    /** Processes of one thread each. */
    sessions: count(1, 256, 1),
    /** Most items in one run; as many as the gate's cost allows in some 30 ms where not given. */
    batchItems: z.number().int().min(1).max(4_096).optional(),
    /** Longest that a free process waits for more items to join. */
    batchDelayMs: z.number().min(0).max(1_000).default(0),
    queueItems: count(1, 1_000_000, 4_096),
    runBudgetMs: count(1, 3_600_000, 10_000),
    loadBudgetMs: count(1, 3_600_000, 60_000),
    /** Writable memory of one process beside the engine's own; what the gate's cost calls for where not given. */
    memoryMiB: z.number().int().min(16).max(1_048_576).optional(),
  }),
);

export type ModelEntry = z.infer<typeof modelEntrySchema>;
