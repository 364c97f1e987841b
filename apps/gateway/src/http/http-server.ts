import { ROUTES, type Route, type RouteFamily, type RouteId } from "@lamina/api";
import type { Env } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { GatewayError } from "../gateway-error.ts";
import type { JobMetrics } from "../jobs/job-metrics.ts";
import { allowedMethods } from "./allowed-methods.ts";
import type { Call, OpenHandler, Reply } from "./call.ts";
import { errorReply } from "./error-reply.ts";
import { SECURITY_HEADERS, TRANSPORT_SECURITY } from "./security-headers.ts";

/** The adapter to fastify: routes, limits and errors of the public listener. Handlers know none of it. */

const BODY_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
const REQUEST_ID_BYTES = 6;
const EMPTY = new Uint8Array();

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. Without it only a loopback address is listened on, unless the configuration says insecure. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array };
  /** How long requests under way may still take once it closes. */
  readonly drainMs: number;
  /** Longest that a client may take to send its request. */
  readonly requestTimeoutMs: number;
}

export interface HttpServerDependencies {
  readonly env: Pick<Env, "clock" | "random" | "timers">;
  readonly logger: Logger;
  readonly metrics: JobMetrics;
  /** One for every route: the type leaves none out (T5). */
  readonly handlers: Readonly<Record<RouteId, OpenHandler>>;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no new connection, lets requests under way end, then closes. */
  close(): Promise<void>;
}

export async function startHttpServer(options: HttpServerOptions, dependencies: HttpServerDependencies): Promise<HttpServer> {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: options.requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false },
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: options.requestTimeoutMs },
    ...(options.tls === undefined
      ? {}
      : {
          https: {
            cert: Buffer.from(options.tls.cert),
            key: Buffer.from(options.tls.key),
            minVersion: "TLSv1.3" as const,
            maxHeaderSize: HEADER_BYTES_MAX,
          },
        }),
  }) as unknown as FastifyInstance;
  const headers = options.tls === undefined ? SECURITY_HEADERS : { ...SECURITY_HEADERS, ...TRANSPORT_SECURITY };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) =>
    send(reply, isUnserved(request) ? unserved(request) : errorReply(familyOf(request.url), errorOf(error, dependencies.logger)), headers),
  );
  app.setNotFoundHandler((request, reply) => send(reply, unserved(request), headers));
  const instance = Buffer.from(dependencies.env.random.bytes(REQUEST_ID_BYTES)).toString("hex");
  let requests = 0;
  const nextRequestId = () => `${instance}-${(requests++).toString(36)}`;
  for (const id of Object.keys(ROUTES) as RouteId[]) mount(app, id, headers, nextRequestId, dependencies);
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    close: () => drain(app, options.drainMs, dependencies.env),
  };
}

/** A client that does not read its answer, or keeps its connection, must not keep the process. */
async function drain(app: FastifyInstance, drainMs: number, env: Pick<Env, "timers">): Promise<void> {
  const timer = env.timers.setTimeout(() => app.server.closeAllConnections(), drainMs);
  await app.close();
  env.timers.clearTimeout(timer);
}

function mount(
  app: FastifyInstance,
  id: RouteId,
  security: Readonly<Record<string, string>>,
  nextRequestId: () => string,
  dependencies: HttpServerDependencies,
): void {
  const route: Route = ROUTES[id];
  const { env, logger, metrics, handlers } = dependencies;
  const url = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
  app.route({
    method: route.method,
    url,
    handler: async (request, reply) => {
      const startedMs = env.clock.monotonicMs();
      const requestId = nextRequestId();
      reply.header("lamina-request-id", requestId);
      let answer: Reply;
      try {
        requirePlain(request);
        answer = await handlers[id](callOf(route, request, reply));
      } catch (error) {
        const told = errorOf(error, logger.child({ route: id, requestId }));
        answer = errorReply(route.family, told);
      }
      metrics.request(id, answer.status, (env.clock.monotonicMs() - startedMs) / 1000);
      return send(reply, answer, security);
    },
  });
}

function callOf(route: Route, request: FastifyRequest, reply: FastifyReply): Call {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort(new GatewayError("cancelled", "the client left"));
  });
  return {
    route,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    body: request.body instanceof Uint8Array ? request.body : EMPTY,
    signal: controller.signal,
  };
}

/** A compressed body could unpack to anything: none is taken (T8). */
function requirePlain(request: FastifyRequest): void {
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return;
  throw new GatewayError("unsupported_media_type", "compressed request bodies are not taken", { param: "content-encoding" });
}

function send(reply: FastifyReply, { status, headers, contentType, body }: Reply, security: Readonly<Record<string, string>>): FastifyReply {
  reply.code(status).headers(security).header("content-type", contentType);
  if (headers !== undefined) reply.headers(headers);
  return reply.send(typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}

/** Our own errors are told as they are; fastify's by their status; all others are logged and told as a fault of ours. */
function errorOf(error: unknown, logger: Logger): GatewayError {
  if (error instanceof GatewayError) return logged(error, logger);
  const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
  if (status === 413) return new GatewayError("request_too_large", `a request body has at most ${BODY_BYTES_MAX} bytes`);
  if (status === 415) return new GatewayError("unsupported_media_type", "this content type is not taken");
  if (typeof status === "number" && status >= 400 && status < 500) return new GatewayError("invalid_request", "the request is malformed");
  logger.error("a request failed", { error });
  if (typeof error === "object" && error !== null && "code" in error && error.code === "DATABASE") {
    return new GatewayError("not_ready", "the gateway cannot reach its database", { retryAfterSeconds: 2 });
  }
  return new GatewayError("internal", "a fault of the gateway; the request id names it in its log");
}

function logged(error: GatewayError, logger: Logger): GatewayError {
  if (error.status >= 500) logger.warn("a request was not served", { error });
  return error;
}

/** fastify answers methods that it does not know by an error of its own, before it looks for a route. */
function isUnserved(request: FastifyRequest): boolean {
  return request.routeOptions.url === undefined;
}

function unserved({ url, method }: FastifyRequest): Reply {
  const allowed = allowedMethods(url);
  if (allowed === undefined) return errorReply(familyOf(url), new GatewayError("not_found", "no such route"));
  const reply = errorReply(familyOf(url), new GatewayError("method_not_allowed", `${method} is not a method of this path: use ${allowed}`));
  return { ...reply, headers: { ...reply.headers, allow: allowed } };
}

function familyOf(url: string): RouteFamily {
  if (url.startsWith("/v1")) return "openai";
  return url.startsWith("/v2") ? "open-inference" : "native";
}
