import type { Sql } from "@lamina/db";
import type { Logger } from "@lamina/telemetry";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { CursorError } from "./cursor.ts";
import { listPage, type Query } from "./list-page.ts";
import { LISTINGS } from "./listings.ts";
import { indexOpenApi } from "./openapi.ts";
import { QueryError } from "./query-error.ts";
import { type FollowerStatus, indexStatus } from "./status.ts";

export interface ServerDependencies {
  readonly sql: Sql;
  readonly logger: Logger;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  /** How the follower stands, for `/index/v1/status` and readiness. */
  readonly follower: () => FollowerStatus;
}

/** PEM. */
export interface ServerTls {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

const BODY_BYTES_MAX = 1_024;
const REQUEST_TIMEOUT_MS = 10_000;
const URL_CHARACTERS_MAX = 4_096;

/** The read side: listings over the stable views, nothing that writes. What it shows is public on the chain. */
export function buildServer({ sql, logger, metrics, follower }: ServerDependencies, tls?: ServerTls): FastifyInstance {
  const https = tls === undefined ? {} : { https: { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key), minVersion: "TLSv1.3" as const } };
  const server: FastifyInstance = fastify({
    ...https,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: URL_CHARACTERS_MAX },
    logger: false,
    return503OnClosing: true,
  });
  server.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
  });
  for (const [name, listing] of Object.entries(LISTINGS)) {
    server.get(`/index/v1/${name}`, async (request) => listPage(sql, name, listing, singleValues(request.query)));
  }
  server.get("/index/v1/status", async (request) => {
    const [parameter] = Object.keys(request.query as object);
    if (parameter !== undefined) throw new QueryError(parameter, "no parameter", parameter);
    return indexStatus(sql, follower());
  });
  server.get("/index/v1/openapi.json", async () => indexOpenApi());
  server.get("/health/live", async () => ({ live: true }));
  server.get("/health/ready", async (_request, reply) => {
    const { isFollowing } = follower();
    return reply.code(isFollowing ? 200 : 503).send({ ready: isFollowing });
  });
  server.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  server.setErrorHandler((error, request, reply) =>
    sendError(error, reply, () => logger.warn("query failed", { path: request.url.split("?")[0], error })),
  );
  server.setNotFoundHandler((request, reply) => problem(reply, 404, "NOT_FOUND", `no such path: ${request.method} ${request.url.slice(0, 120)}`));
  return server;
}

function singleValues(query: unknown): Query {
  const values: Record<string, string> = {};
  for (const [parameter, value] of Object.entries(query as Record<string, unknown>)) {
    if (typeof value !== "string") throw new QueryError(parameter, "one value", JSON.stringify(value));
    values[parameter] = value;
  }
  return values;
}

function sendError(error: unknown, reply: FastifyReply, log: () => void): FastifyReply {
  if (error instanceof QueryError || error instanceof CursorError) return problem(reply, 400, error.code, error.message);
  const statusCode = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  if (statusCode >= 400 && statusCode < 500) return problem(reply, statusCode, "BAD_REQUEST", error instanceof Error ? error.message : "bad request");
  // The database's own words stay inside (secure default 9).
  log();
  return problem(reply, 503, "UNAVAILABLE", "the index cannot answer now").header("retry-after", "1");
}

function problem(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
