import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectSql } from "@lamina/db";
import { recordingLogger } from "@lamina/telemetry/testing";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildServer } from "./server.ts";

const run = promisify(execFile);
let folder: string;
let server: FastifyInstance;
let port: number;
let certificate: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lamina-index-tls-"));
  const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=index.test"];
  await run("openssl", ["req", "-x509", ...made, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert]);
  certificate = await readFile(cert);
  // Nothing that is asked here needs the database, and a pool connects at its first statement.
  const sql = connectSql("postgres://127.0.0.1:1/none", { name: "test", connectionsMax: 1 });
  const follower = () => ({ chainId: "lamina-test-1", chainHeight: 1n, isFollowing: true });
  const metrics = { contentType: "text/plain", render: async () => "nothing 0\n" };
  server = buildServer(
    { sql, logger: recordingLogger(), metrics, follower },
    {
      cert: certificate,
      key: await readFile(key),
    },
  );
  await server.listen({ host: "127.0.0.1", port: 0 });
  port = (server.server.address() as { port: number }).port;
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function ask(options: object): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/metrics", agent: false, ...options }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("with a certificate the index speaks TLS 1.3 and nothing else", async () => {
  expect(await ask({ ca: certificate })).toBe(200);
  await expect(ask({ ca: certificate, maxVersion: "TLSv1.2" })).rejects.toThrow(/protocol version/);
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
});
