import { z } from "zod";

/** Values of `parameters`, as the protocol has them; which keys count is said where they are read. */
const parameterValue = z.union([z.string().max(1024), z.number(), z.boolean()]);
const parametersSchema = z.record(z.string().max(64), parameterValue);

/** Numbers or booleans, flat or nested by axis. */
const cell = z.union([z.number(), z.boolean()]);
export type JsonCells = readonly (number | boolean | JsonCells)[];
const cells: z.ZodType<JsonCells> = z.array(z.union([cell, z.array(z.lazy(() => z.union([cell, cells])))])).meta({
  id: "JsonCells",
  description: "Elements in row-major order, flat or nested by axis.",
});

export const requestTensorSchema = z.strictObject({
  name: z.string().min(1).max(255),
  shape: z.array(z.int().min(0)).max(8),
  datatype: z.string().max(16),
  parameters: parametersSchema.optional().describe("`binary_data_size`: bytes of this tensor after the JSON part."),
  data: cells.optional(),
});
export type RequestTensor = z.infer<typeof requestTensorSchema>;

const requestedOutputSchema = z.strictObject({
  name: z.string().min(1).max(255),
  parameters: parametersSchema.optional().describe("`binary_data`: true for little-endian bytes after the JSON part."),
});

/** Body of `POST /v2/models/{name}[/versions/{version}]/infer`. Axis 0 of every input counts the items. */
export const inferRequestSchema = z.strictObject({
  id: z.string().max(255).optional(),
  parameters: parametersSchema.optional().describe("`binary_data_output`, and `lamina_level` as the header `lamina-level`."),
  inputs: z.array(requestTensorSchema).min(1).max(32),
  outputs: z.array(requestedOutputSchema).max(32).optional().describe("All outputs where none are named."),
});
export type InferRequest = z.infer<typeof inferRequestSchema>;

export const responseTensorSchema = z.strictObject({
  name: z.string(),
  shape: z.array(z.int()),
  datatype: z.string(),
  parameters: parametersSchema.optional(),
  data: z
    .array(z.union([z.number(), z.boolean(), z.string().regex(/^(NaN|-?Infinity|nan\(0x[0-9a-f]{8,16}\))$/)]))
    .optional()
    .describe(
      "Exact: -0 is `-0`, 64-bit integers have all their digits (beyond 2^53 read them as such), floats that are not finite are the strings `NaN`, `Infinity`, `-Infinity`, a NaN of other bits `nan(0xffc00000)`.",
    ),
});
export type ResponseTensor = z.infer<typeof responseTensorSchema>;

export const inferResponseSchema = z.strictObject({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  parameters: parametersSchema.optional(),
  outputs: z.array(responseTensorSchema),
});
export type InferResponse = z.infer<typeof inferResponseSchema>;
