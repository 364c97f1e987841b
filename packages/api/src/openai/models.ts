import { z } from "zod";

export const openAiModelSchema = z.strictObject({
  id: z.string(),
  object: z.literal("model"),
  created: z.int().describe("Seconds since 1970; 0, since the chain names heights and no times."),
  owned_by: z.string().describe("The publisher's account."),
});

export const openAiModelListSchema = z.strictObject({ object: z.literal("list"), data: z.array(openAiModelSchema) });
export type OpenAiModelList = z.infer<typeof openAiModelListSchema>;
