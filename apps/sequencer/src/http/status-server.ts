import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { BaseError } from "@lamina/primitives";

export interface StatusServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** What each path answers; asked anew for every request. */
export interface StatusPages {
  /** Prometheus text. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Whether the process works; JSON for people. */
  health(): { readonly isLive: boolean; readonly isReady: boolean; readonly body: object };
}

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The port is taken or may not be listened on. */
export class ListenError extends BaseError<"LISTEN"> {
  readonly details: { readonly host: string; readonly port: number; readonly reason: string };
  constructor(details: { host: string; port: number; reason: string }, options?: ErrorOptions) {
    super("LISTEN", `cannot listen on ${details.host}:${details.port}: ${details.reason}`, options);
    this.details = details;
  }
}

/** Serves `/metrics`, `/health/live` and `/health/ready` to whoever may reach the address: by default this machine alone. */
export async function startStatusServer(options: StatusServerOptions, pages: StatusPages): Promise<StatusServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 16_384 }, (request, response) => {
    answer(request, response, pages).catch(() => response.writableEnded || response.writeHead(500).end());
  });
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, pages: StatusPages): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://status");
  if (request.method !== "GET") return void response.writeHead(405, { allow: "GET" }).end();
  if (pathname === "/metrics") {
    const { contentType, body } = await pages.metrics();
    return void response.writeHead(200, { "content-type": contentType }).end(body);
  }
  const { isLive, isReady, body } = pages.health();
  const isGood = pathname === "/health/live" ? isLive : pathname === "/health/ready" ? isReady : undefined;
  if (isGood === undefined) return void response.writeHead(404).end();
  response.writeHead(isGood ? 200 : 503, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

function listen(server: Server, { host, port }: StatusServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new ListenError({ host, port, reason: cause.message }, { cause })));
    server.listen(port, host, resolve);
  });
}
