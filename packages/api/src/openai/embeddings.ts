import { z } from "zod";
import { levelField } from "../level.ts";

const tokens = z.array(z.int().min(0)).min(1);

/** Body of `POST /v1/embeddings`: one text, several, the token ids of one, or of several. */
export const embeddingsRequestSchema = z.strictObject({
  model: z.string().min(1).max(128),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1), tokens, z.array(tokens).min(1)]),
  encoding_format: z.enum(["float", "base64"]).optional(),
  dimensions: z
    .int()
    .min(1)
    .optional()
    .describe("Must be the model's own size: embeddings are not shortened, since that would not be what was proved."),
  user: z.string().max(256).optional().describe("Taken and not used."),
  lamina_level: levelField.optional(),
});
export type EmbeddingsRequest = z.infer<typeof embeddingsRequestSchema>;

export const embeddingsResponseSchema = z.strictObject({
  object: z.literal("list"),
  data: z.array(
    z.strictObject({
      object: z.literal("embedding"),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string().describe("Little-endian float32, base64.")]),
    }),
  ),
  model: z.string(),
  usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
});
export type EmbeddingsResponse = z.infer<typeof embeddingsResponseSchema>;
