export { LEVELS, type LevelChoice, type LevelName, OFFERED_LEVELS, readLevel } from "./level.ts";
export { type Account, accountSchema } from "./native/account.ts";
export { type NativeError, nativeErrorSchema } from "./native/error.ts";
export { type JobRequest, type JobState, type JobView, jobRequestSchema, jobSchema } from "./native/jobs.ts";
export { type Quote, type QuoteQuery, quoteQuerySchema, quoteSchema } from "./native/quote.ts";
export { type ReceiptQuery, receiptQuerySchema } from "./native/receipts.ts";
export { DATATYPES, datatypeOf, elementTypeOf } from "./open-inference/datatype.ts";
export { type OpenInferenceError, openInferenceErrorSchema } from "./open-inference/error.ts";
export {
  type InferRequest,
  type InferResponse,
  inferRequestSchema,
  inferResponseSchema,
  type JsonCells,
  type RequestTensor,
  type ResponseTensor,
} from "./open-inference/infer.ts";
export { type ModelMetadata, modelMetadataSchema } from "./open-inference/metadata.ts";
export { type EmbeddingsRequest, type EmbeddingsResponse, embeddingsRequestSchema, embeddingsResponseSchema } from "./openai/embeddings.ts";
export { type OpenAiError, openAiErrorSchema } from "./openai/error.ts";
export { type OpenAiModelList, openAiModelListSchema } from "./openai/models.ts";
export { buildOpenApi } from "./openapi.ts";
export { type Checked, check, type SchemaProblem } from "./problem.ts";
export { type Answer, ERROR_SCHEMAS, ROUTES, type Route, type RouteFamily, type RouteId, SCOPES, type Scope } from "./routes.ts";
