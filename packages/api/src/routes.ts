import { z } from "zod";
import { accountSchema } from "./native/account.ts";
import { nativeErrorSchema } from "./native/error.ts";
import { jobRequestSchema, jobSchema } from "./native/jobs.ts";
import { quoteQuerySchema, quoteSchema } from "./native/quote.ts";
import { receiptQuerySchema } from "./native/receipts.ts";
import { openInferenceErrorSchema } from "./open-inference/error.ts";
import { inferRequestSchema, inferResponseSchema } from "./open-inference/infer.ts";
import { liveSchema, modelMetadataSchema, modelReadySchema, readySchema, serverMetadataSchema } from "./open-inference/metadata.ts";
import { embeddingsRequestSchema, embeddingsResponseSchema } from "./openai/embeddings.ts";
import { openAiErrorSchema } from "./openai/error.ts";
import { openAiModelListSchema, openAiModelSchema } from "./openai/models.ts";

/** Which API a route belongs to: it fixes the shape of its errors. */
export type RouteFamily = "openai" | "open-inference" | "native";
/** What a key must be allowed for. `models`: see what is offered. `infer`: run and read back. `account`: see limits and lanes. */
export const SCOPES = ["models", "infer", "account"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Route {
  readonly id: string;
  readonly method: "GET" | "POST";
  /** Parameters in braces. */
  readonly path: string;
  readonly family: RouteFamily;
  /** Null: no key is asked for. */
  readonly scope: Scope | null;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Takes `Idempotency-Key`, and names its job in `lamina-job-id`. */
  readonly runsJob?: boolean;
}

export interface Answer {
  readonly description: string;
  /** JSON; otherwise `contentType`. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

export const ERROR_SCHEMAS: Readonly<Record<RouteFamily, z.ZodType>> = {
  openai: openAiErrorSchema,
  "open-inference": openInferenceErrorSchema,
  native: nativeErrorSchema,
};

const ok = (schema: z.ZodType, description = "Success") => ({ 200: { description, schema } });
const infer = {
  method: "POST",
  family: "open-inference",
  scope: "infer",
  body: inferRequestSchema,
  runsJob: true,
  answers: ok(inferResponseSchema),
} as const;
const metadata = { method: "GET", family: "open-inference", scope: "models", answers: ok(modelMetadataSchema) } as const;
const ready = {
  method: "GET",
  family: "open-inference",
  scope: "models",
  answers: { ...ok(modelReadySchema), 503: { description: "No worker serves it now", schema: modelReadySchema } },
} as const;
const open = { method: "GET", family: "open-inference", scope: null } as const;

/** Every public route, once: what is not here is not served (T5). */
export const ROUTES = {
  listModels: {
    id: "listModels",
    method: "GET",
    path: "/v1/models",
    family: "openai",
    scope: "models",
    summary: "Models that have a worker",
    answers: ok(openAiModelListSchema),
  },
  getModel: {
    id: "getModel",
    method: "GET",
    path: "/v1/models/{model}",
    family: "openai",
    scope: "models",
    summary: "One model",
    answers: ok(openAiModelSchema),
  },
  createEmbeddings: {
    id: "createEmbeddings",
    method: "POST",
    path: "/v1/embeddings",
    family: "openai",
    scope: "infer",
    summary: "Embeddings of texts or tokens",
    body: embeddingsRequestSchema,
    runsJob: true,
    answers: ok(embeddingsResponseSchema),
  },
  serverMetadata: { ...open, id: "serverMetadata", path: "/v2", scope: "models", summary: "What this server is", answers: ok(serverMetadataSchema) },
  serverLive: { ...open, id: "serverLive", path: "/v2/health/live", summary: "The process runs", answers: ok(liveSchema) },
  serverReady: {
    ...open,
    id: "serverReady",
    path: "/v2/health/ready",
    summary: "Requests can be served",
    answers: { ...ok(readySchema), 503: { description: "Not now", schema: readySchema } },
  },
  modelMetadata: { ...metadata, id: "modelMetadata", path: "/v2/models/{model}", summary: "Inputs and outputs" },
  modelVersionMetadata: {
    ...metadata,
    id: "modelVersionMetadata",
    path: "/v2/models/{model}/versions/{version}",
    summary: "Inputs and outputs of a version",
  },
  modelReady: { ...ready, id: "modelReady", path: "/v2/models/{model}/ready", summary: "Whether a worker serves the model" },
  modelVersionReady: {
    ...ready,
    id: "modelVersionReady",
    path: "/v2/models/{model}/versions/{version}/ready",
    summary: "Whether a worker serves the version",
  },
  infer: { ...infer, id: "infer", path: "/v2/models/{model}/infer", summary: "Run a model on tensors" },
  inferVersion: { ...infer, id: "inferVersion", path: "/v2/models/{model}/versions/{version}/infer", summary: "Run a version on tensors" },
  createJob: {
    id: "createJob",
    method: "POST",
    path: "/lamina/v1/jobs",
    family: "native",
    scope: "infer",
    summary: "Run a model, now or later",
    body: jobRequestSchema,
    runsJob: true,
    answers: { ...ok(jobSchema, "Answered"), 202: { description: "Durable; ask for it by its id", schema: jobSchema } },
  },
  getJob: {
    id: "getJob",
    method: "GET",
    path: "/lamina/v1/jobs/{id}",
    family: "native",
    scope: "infer",
    summary: "A job of this organisation",
    answers: ok(jobSchema),
  },
  getReceipt: {
    id: "getReceipt",
    method: "GET",
    path: "/lamina/v1/receipts/{id}",
    family: "native",
    scope: "infer",
    summary: "The receipt at the highest stage reached, docs/spec/receipt.md",
    query: receiptQuerySchema,
    answers: { 200: { description: "The receipt; its stage in `lamina-receipt-stage`", contentType: "application/vnd.lamina.receipt" } },
  },
  getManifest: {
    id: "getManifest",
    method: "GET",
    path: "/lamina/v1/manifests/{model}",
    family: "native",
    scope: "models",
    summary: "The manifest of a model, by name or by its id in hex, docs/spec/manifest.md",
    answers: {
      200: { description: "Its bytes; their digest is the model id, in `lamina-model-id`", contentType: "application/vnd.lamina.manifest" },
    },
  },
  quote: {
    id: "quote",
    method: "GET",
    path: "/lamina/v1/quote",
    family: "native",
    scope: "models",
    summary: "What each level costs",
    query: quoteQuerySchema,
    answers: ok(quoteSchema),
  },
  account: {
    id: "account",
    method: "GET",
    path: "/lamina/v1/account",
    family: "native",
    scope: "account",
    summary: "Limits, spending and lanes of the key",
    answers: ok(accountSchema),
  },
  openApi: {
    id: "openApi",
    method: "GET",
    path: "/openapi.json",
    family: "native",
    scope: null,
    summary: "This description",
    answers: { 200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.string() }) } },
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteId = keyof typeof ROUTES;
