import { type Filter, LISTINGS, type Listing, parametersOf } from "./listings.ts";
import { VIEWS, type ViewColumn } from "./views.ts";

type Json = Record<string, unknown>;

const EXCEPTION: Json = {
  type: "object",
  required: ["first", "count", "outcome", "reason"],
  properties: { first: { type: "integer" }, count: { type: "integer" }, outcome: { type: "string" }, reason: { type: "string" } },
};
const OFFER: Json = {
  type: "object",
  required: ["modelId", "unitPriceUlam"],
  properties: { modelId: { type: "string", pattern: "^[0-9a-f]{64}$" }, unitPriceUlam: { type: "string", pattern: "^[0-9]+$" } },
};
const TYPES: Readonly<Record<ViewColumn["type"], Json>> = {
  decimal: { type: "string", pattern: "^-?[0-9]+$" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  text: { type: "string" },
  hex: { type: "string", pattern: "^[0-9a-f]*$" },
  moment: { type: "string", format: "date-time" },
  list: { type: "array", items: {} },
  exceptions: { type: "array", items: EXCEPTION },
  offers: { type: "array", items: OFFER },
};

const PROBLEM: Json = {
  type: "object",
  required: ["error"],
  properties: { error: { type: "object", required: ["code", "message"], properties: { code: { type: "string" }, message: { type: "string" } } } },
};

/** The queries as OpenAPI 3.1, from the tables that answer them. */
export function indexOpenApi(): Json {
  return {
    openapi: "3.1.0",
    info: { title: "Lamina index", version: "1", description: "What the chain holds, in lines. Numbers of 64 bits and more are decimal text." },
    paths: Object.fromEntries(Object.entries(LISTINGS).map(([name, listing]) => [`/index/v1/${name}`, { get: operationOf(name, listing) }])),
  };
}

function operationOf(name: string, listing: Listing): Json {
  return {
    operationId: `list_${name.replace("-", "_")}`,
    summary: listing.summary,
    parameters: parametersOf(listing).map((parameter) => ({
      name: parameter,
      in: "query",
      required: false,
      schema: schemaOfParameter(listing, parameter),
    })),
    responses: {
      "200": { description: "A page", content: { "application/json": { schema: pageSchema(listing) } } },
      "400": {
        description: "A parameter that is unknown or cannot be read; the message names it",
        content: { "application/json": { schema: PROBLEM } },
      },
      "503": { description: "The database does not answer; see retry-after", content: { "application/json": { schema: PROBLEM } } },
    },
  };
}

function pageSchema({ view }: Listing): Json {
  const columns = VIEWS[view]?.columns ?? {};
  return {
    type: "object",
    required: ["items", "next_cursor"],
    additionalProperties: false,
    properties: {
      items: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: Object.keys(columns),
          properties: Object.fromEntries(Object.entries(columns).map(([name, each]) => [name, schemaOfColumn(each)])),
        },
      },
      next_cursor: { type: ["string", "null"], description: "Give it as `cursor` for the lines that follow; null behind the last" },
    },
  };
}

function schemaOfColumn({ type, says, nullable }: ViewColumn): Json {
  const schema = TYPES[type];
  return { ...schema, description: says, ...(nullable === true ? { type: [schema["type"], "null"] } : {}) };
}

function schemaOfParameter({ filters }: Listing, parameter: string): Json {
  if (parameter === "limit") return { type: "integer", minimum: 1, maximum: 1_000, default: 100 };
  if (parameter === "cursor") return { type: "string" };
  const direct = filters[parameter];
  const filter = direct?.rule === "through" || direct === undefined ? matchOf(Object.values(filters), parameter) : direct;
  if (filter?.rule !== "equal") return TYPES.decimal;
  if (filter.words !== undefined) return { type: "string", enum: Object.keys(filter.words) };
  if (filter.kind === "number") return TYPES.decimal;
  return filter.kind === "hex" ? { type: "string", pattern: "^[0-9a-f]{64}$" } : { type: "string", maxLength: 128 };
}

function matchOf(filters: readonly Filter[], parameter: string) {
  for (const filter of filters) if (filter.rule === "through" && Object.hasOwn(filter.match, parameter)) return filter.match[parameter];
  return undefined;
}
