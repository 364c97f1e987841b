import { z } from "zod";

export const serverMetadataSchema = z.strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });
export const liveSchema = z.strictObject({ live: z.boolean() });
export const readySchema = z.strictObject({ ready: z.boolean() });

const tensorMetadata = z.strictObject({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int()).describe("-1 where a size is open: axis 0 counts items, axis 1 of a padded model its length."),
});

export const modelMetadataSchema = z.strictObject({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
});
export type ModelMetadata = z.infer<typeof modelMetadataSchema>;

export const modelReadySchema = z.strictObject({ name: z.string(), ready: z.boolean() });
