import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestNetwork } from "./testing/test-network.ts";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
let network: TestNetwork;
let key: string;
let certificate: string;
let variables: Record<string, string>;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addWorker();
  const [cert, secret] = [join(network.directory, "tls.crt"), join(network.directory, "tls.key")];
  const names = ["-subj", "/CN=gateway.test", "-addext", "subjectAltName=DNS:gateway.test,IP:127.0.0.1"];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  await run("openssl", ["req", "-x509", ...made, ...names, "-keyout", secret, "-out", cert]);
  certificate = await readFile(cert, "utf8");
  variables = { GATEWAY_TLS_CERT_FILE: cert, GATEWAY_TLS_KEY_FILE: secret };
  // Plain on loopback, and TLS on every address.
  await network.startGateway();
  ({ key } = await network.addOrganisation(1n));
  await network.startGateway({ ...variables, GATEWAY_HOST: "0.0.0.0" });
});

afterAll(() => network.stop());

interface Told {
  readonly status: number | undefined;
  readonly protocol: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
}

function ask(options: object): Promise<Told> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` };
    const target = { host: "127.0.0.1", port: network.gateway.port, path: "/v1/models", agent: false, headers, ...options };
    const sent = request(target, (response) => {
      response.resume();
      const protocol = (response.socket as TLSSocket).getProtocol();
      response.on("end", () => resolve({ status: response.statusCode, protocol, headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("beyond loopback requests come by TLS 1.3, and browsers are told to stay there", async () => {
  const told = await ask({ ca: certificate });
  expect(told).toMatchObject({ status: 200, protocol: "TLSv1.3" });
  expect(told.headers["strict-transport-security"]).toMatch(/^max-age=\d{7,}/);
});

test("older protocols, strangers' certificates and plain HTTP end before any request", async () => {
  await expect(ask({ ca: certificate, maxVersion: "TLSv1.2" })).rejects.toThrow(/protocol version/);
  await expect(ask({})).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  await expect(fetch(`http://127.0.0.1:${network.gateway.port}/v2/health/live`)).rejects.toThrow();
});

/** The program itself, which must end by itself. */
async function runMain(environment: Readonly<Record<string, string>>): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, ["--conditions=lamina-source", "--no-warnings", MAIN], {
    env: { ...network.environment, ...environment, PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (written += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, lines: written.split("\n").filter((line) => line !== "") };
}

test.each([
  ["every address", "0.0.0.0"],
  ["every address of IPv6", "::"],
  ["a name", "gateway.example"],
])("without a certificate it does not listen on %s, and says in one line what is missing", async (_name, host) => {
  const { code, lines } = await runMain({ GATEWAY_HOST: host });
  expect(code).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(
    "GATEWAY_HOST: beyond loopback TLS is needed (GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE), or GATEWAY_INSECURE_PLAINTEXT=1",
  );
});

test("a certificate that is none, or of another key, ends it too", async () => {
  const spoilt = await runMain({ ...variables, GATEWAY_TLS_CERT_FILE: variables["GATEWAY_TLS_KEY_FILE"] ?? "", GATEWAY_HOST: "0.0.0.0" });
  expect(spoilt.code).toBe(1);
  expect(spoilt.lines).toHaveLength(1);
  expect(spoilt.lines[0]).toContain("GATEWAY_TLS_CERT_FILE");
});

test("plain HTTP beyond loopback is served where it was asked for by name, with a warning", async () => {
  const before = network.logger.withMessage("GATEWAY_INSECURE_PLAINTEXT: keys and prompts cross the network in the clear").length;
  const gateway = await network.startGateway({ GATEWAY_HOST: "0.0.0.0", GATEWAY_INSECURE_PLAINTEXT: "1" });
  expect((await fetch(`http://127.0.0.1:${gateway.port}/v2/health/live`)).status).toBe(200);
  expect(network.logger.withMessage("GATEWAY_INSECURE_PLAINTEXT: keys and prompts cross the network in the clear")).toHaveLength(before + 1);
  await network.stopGateway(gateway);
});
