import { expect, test } from "vitest";
import { readLevel } from "./level.ts";
import { embeddingsRequestSchema } from "./openai/embeddings.ts";
import { buildOpenApi } from "./openapi.ts";
import { check } from "./problem.ts";
import { ERROR_SCHEMAS, ROUTES, type Route } from "./routes.ts";

interface Operation {
  operationId: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: { "application/json": { schema: { additionalProperties?: boolean; properties: object } } } };
  responses: Record<string, object>;
}

const description = buildOpenApi({ version: "1" }) as { paths: Record<string, Record<string, Operation>> };
const routes: Route[] = Object.values(ROUTES);

test.each(routes.map((route) => [route.id, route] as const))("%s is described as it is validated", (_id, route) => {
  const operation = description.paths[route.path]?.[route.method.toLowerCase()];
  expect(operation?.operationId).toBe(route.id);
  expect(operation?.security).toEqual(route.scope === null ? [] : [{ key: [] }]);
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  expect(operation?.parameters.filter((each) => each.in === "path").map(({ name }) => name)).toEqual(inPath);
  expect(operation?.requestBody === undefined).toBe(route.body === undefined);
  if (route.body !== undefined) expect(operation?.requestBody?.content["application/json"].schema.additionalProperties).toBe(false);
  for (const status of ["400", "401", "404", "429", "500"]) expect(operation?.responses[status]).toBeDefined();
});

test("every reference leads to a schema of the document", () => {
  const text = JSON.stringify(description);
  const names = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference ?? "");
  expect(names.length).toBeGreaterThan(0);
  const { schemas } = (description as unknown as { components: { schemas: Record<string, object> } }).components;
  for (const name of names) expect(Object.keys(schemas).map((each) => `#/components/schemas/${each}`)).toContain(name);
  expect(text).not.toContain("$defs");
});

test("every route has its own id and place, and a family with a shape of error", () => {
  expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
  for (const { family } of routes) expect(ERROR_SCHEMAS[family]).toBeDefined();
  for (const [id, route] of Object.entries(ROUTES)) expect(route.id).toBe(id);
});

test("a problem names the field and not its value", () => {
  const bad = check(embeddingsRequestSchema, { model: "m", input: "x", encoding_format: "secret text", other: 1 });
  expect(bad).toMatchObject({ kind: "invalid", problem: { path: "encoding_format" } });
  expect(JSON.stringify(bad)).not.toContain("secret text");
  expect(check(embeddingsRequestSchema, { model: "m", input: "x", other: 1 })).toMatchObject({
    problem: { path: "other", message: 'unknown field: "other"' },
  });
});

test.each(["x", ["x", "y"], [1, 2], [[1], [2, 3]]])("input %j is taken", (input) => {
  expect(check(embeddingsRequestSchema, { model: "m", input }).kind).toBe("valid");
});

test.each(["", [], [""], [[]], [1.5], [-1], ["x", 1], [[1], "x"], null, 7, {}])("input %j is not", (input) => {
  expect(check(embeddingsRequestSchema, { model: "m", input }).kind).toBe("invalid");
});

test("levels", () => {
  expect(readLevel(undefined)).toMatchObject({ kind: "offered", name: "optimistic", level: 1, param: 0 });
  for (const text of ["zk", "quorum:3", "hybrid", "Optimistic", ""]) expect(readLevel(text)).toMatchObject({ kind: "not-offered", found: text });
});
