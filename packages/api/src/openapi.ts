import { z } from "zod";
import { OFFERED_LEVELS } from "./level.ts";
import { type Answer, ERROR_SCHEMAS, ROUTES, type Route } from "./routes.ts";

type Json = Record<string, unknown>;
/** Schemas that name themselves, by name: references in a document of OpenAPI start at its root, not at the schema they stand in. */
type Shared = Map<string, unknown>;

const FAILURES: Readonly<Record<number, string>> = {
  400: "The request is not what the route takes; the message names the field or tensor",
  401: "No key, or not a valid one",
  403: "The key is not allowed for this",
  404: "No such thing for this organisation",
  405: "Not a method of this path; see allow",
  409: "A request of this Idempotency-Key is still running",
  413: "Larger than the limit",
  415: "Not a content type or encoding that is taken",
  422: "The Idempotency-Key was used for another body",
  429: "Over a limit; see retry-after",
  500: "A fault of ours",
  503: "No worker can take it now; see retry-after",
  504: "No answer within the deadline",
};

const RUN_HEADERS: readonly { readonly name: string; readonly schema: Json }[] = [
  { name: "Idempotency-Key", schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" } },
  { name: "lamina-level", schema: { type: "string", enum: [...OFFERED_LEVELS] } },
  { name: "lamina-reference", schema: { type: "string", maxLength: 256 } },
];

/** The whole API as OpenAPI 3.1, from the very schemas that validate. */
export function buildOpenApi(options: { readonly version: string }): Json {
  const paths: Record<string, Json> = {};
  const shared: Shared = new Map();
  for (const route of Object.values<Route>(ROUTES)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, shared) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Lamina gateway",
      version: options.version,
      description:
        "Inference with receipts: OpenAI embeddings, the Open Inference Protocol, and Lamina's own routes. Every answer that ran a job names it in `lamina-job-id`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: { securitySchemes: { key: { type: "http", scheme: "bearer" } }, schemas: Object.fromEntries(shared) },
  };
}

function operationOf(route: Route, shared: Shared): Json {
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.family],
    security: route.scope === null ? [] : [{ key: [] }],
    parameters: parametersOf(route, shared),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(route.body, "input", shared) } } } }),
    responses: responsesOf(route, shared),
  };
}

function parametersOf(route: Route, shared: Shared): Json[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const query =
    route.query === undefined ? {} : (schemaOf(route.query, "input", shared) as { properties?: Record<string, Json>; required?: string[] });
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: query.required?.includes(name) ?? false,
    schema,
  }));
  const inHeader = route.runsJob === true ? RUN_HEADERS.map((header) => ({ ...header, in: "header", required: false })) : [];
  return [...inPath, ...inQuery, ...inHeader];
}

function responsesOf(route: Route, shared: Shared): Json {
  const failures = Object.entries(FAILURES).filter(([status]) => !(Number(status) in route.answers));
  return Object.fromEntries([
    ...Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer, shared)]),
    ...failures.map(([status, description]) => [status, answerOf({ description, schema: ERROR_SCHEMAS[route.family] }, shared)]),
  ]);
}

function answerOf({ description, schema, contentType }: Answer, shared: Shared): Json {
  const content =
    schema === undefined
      ? { [contentType ?? "application/octet-stream"]: {} }
      : { "application/json": { schema: schemaOf(schema, "output", shared) } };
  return { description, content };
}

function schemaOf(schema: z.ZodType, io: "input" | "output", shared: Shared): Json {
  const { $schema: _dialect, $defs, ...json } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  for (const [name, definition] of Object.entries($defs ?? {})) shared.set(name, rooted(definition));
  return rooted(json);
}

function rooted<T>(json: T): T {
  return JSON.parse(JSON.stringify(json).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/')) as T;
}
