import { createServer } from "node:http";

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves GET; `pageOf` gives the page of a path, undefined for none. Rejects where the port is taken. */
export async function listenHttp(
  { host, port }: { readonly host: string; readonly port: number },
  pageOf: (path: string) => Promise<Page | undefined>,
): Promise<HttpListener> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 }, (request, response) => {
    const answer = ({ status, contentType, body }: Page) => response.writeHead(status, { "content-type": contentType }).end(body);
    const plain = (status: number, body: string) => answer({ status, contentType: "text/plain; charset=utf-8", body });
    if (request.method !== "GET") {
      plain(405, "GET alone\n");
      return;
    }
    pageOf(request.url ?? "/").then(
      (page) => (page === undefined ? plain(404, "no such page\n") : answer(page)),
      () => plain(500, "the page failed\n"),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
