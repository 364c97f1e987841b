import { timingSafeEqual } from "node:crypto";
import { encodeUtf8, type Secret } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { PrometheusMetrics } from "@lamina/telemetry/prometheus";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { GatewayError } from "../gateway-error.ts";
import { errorReply } from "../http/error-reply.ts";
import type { AdminRoute } from "./admin-routes.ts";

/** The adapter of the second listener: loopback alone, a token for everything but metrics (T5). */

const BODY_BYTES_MAX = 64 * 1024;
const TIMEOUT_MS = 10_000;

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  readonly token: Secret<string>;
}

export interface AdminServerDependencies {
  readonly routes: readonly AdminRoute[];
  readonly metrics: Pick<PrometheusMetrics, "contentType" | "render">;
  readonly logger: Logger;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startAdminServer(options: AdminServerOptions, { routes, metrics, logger }: AdminServerDependencies): Promise<AdminServer> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, requestTimeout: TIMEOUT_MS, exposeHeadRoutes: false, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => fail(reply, error, logger));
  app.get("/metrics", async (_request, reply) => reply.header("content-type", metrics.contentType).send(await metrics.render()));
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: async (request, reply) => {
        requireToken(request, options.token);
        const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
        const answer = await route.handle({ params: request.params as Record<string, string>, body });
        logger.info("an administrator acted", { route: `${route.method} ${route.path}` });
        return reply.code(200).header("content-type", "application/json; charset=utf-8").send(JSON.stringify(answer));
      },
    });
  }
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  return { port: typeof address === "object" && address !== null ? address.port : options.port, close: () => app.close() };
}

function requireToken(request: FastifyRequest, token: Secret<string>): void {
  const expected = encodeUtf8(`Bearer ${token.reveal()}`);
  const found = encodeUtf8(request.headers.authorization ?? "");
  if (found.length === expected.length && timingSafeEqual(found, expected)) return;
  throw new GatewayError("invalid_api_key", "the administrator's token is not valid");
}

function fail(reply: FastifyReply, error: unknown, logger: Logger): FastifyReply {
  const told = error instanceof GatewayError ? error : new GatewayError("internal", "a fault of the gateway");
  if (told !== error) logger.error("an administrator's request failed", { error });
  const { status, headers, body, contentType } = errorReply("native", told);
  return reply
    .code(status)
    .headers({ ...headers })
    .header("content-type", contentType)
    .send(body);
}
