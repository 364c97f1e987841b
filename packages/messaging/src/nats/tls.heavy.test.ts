import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestNats } from "../testing/test-nats.ts";
import { connectNats } from "./nats-bus.ts";

const run = promisify(execFile);
let directory: string;
let nats: TestNats;

/** A certificate for a server that is its own authority, by the tool that comes with Go; the folder that holds it. */
async function makeCertificate(): Promise<string> {
  const folder = await mkdtemp(join(directory, "certificate-"));
  const { stdout } = await run("go", ["env", "GOROOT"]);
  const tool = join(stdout.trim(), "src/crypto/tls/generate_cert.go");
  await run("go", ["run", tool, "--host", "127.0.0.1,localhost", "--ecdsa-curve", "P256", "--ca"], { cwd: folder });
  return folder;
}

let certificate: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lamina-nats-"));
  certificate = await makeCertificate();
  nats = await TestNats.start(nodeEnv(), directory, { tls: { certFile: join(certificate, "cert.pem"), keyFile: join(certificate, "key.pem") } });
});

afterAll(async () => {
  await nats?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** By name, as the certificate is checked. */
async function credentials() {
  const options = await nats.credentialsOf({ role: "gateway", id: "g1", spenderIds: [] });
  return { ...options, servers: [nats.url.replace("127.0.0.1", "localhost")] };
}

test("the bus runs over TLS with a server whose authority we know", async () => {
  const options = await credentials();
  const connection = await connectNats({ ...options, tls: { caFile: join(certificate, "cert.pem") } });
  expect(connection.info?.tls_required).toBe(true);
  await connection.flush();
  await connection.close();
});

test("a server that shows another authority's certificate gets nothing from us", async () => {
  const options = await credentials();
  const other = await makeCertificate();
  await expect(connectNats({ ...options, tls: { caFile: join(other, "cert.pem") } })).rejects.toThrow(/certificate/);
  await expect(connectNats({ ...options, tls: {} })).rejects.toThrow(/certificate/);
});

test.each([
  "nats://127.0.0.1:4222",
  "127.0.0.1:4222",
  "tls://[::1]:4222",
])("with TLS %s is no server: the name in its certificate could not be checked", async (server) => {
  const options = { ...(await credentials()), servers: [server], tls: {} };
  await expect(connectNats(options)).rejects.toMatchObject({ code: "BUS_CONNECT", retryable: false });
});
