import { readFile } from "node:fs/promises";
import { Secret } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { checkServer, type ServerReport, serverFaults } from "./check-server.ts";
import { type ClusterConfig, renderClusterConfig } from "./render-cluster-config.ts";
import { renderServerConfig, type ServerConfig } from "./render-server-config.ts";

const INFRA = "../../../../infra/devnet/nats";
const TEMPLATE = new URL(`${INFRA}/nats-server.conf.template`, import.meta.url);
const CLUSTER_TEMPLATE = new URL(`${INFRA}/nats-cluster.conf.template`, import.meta.url);

const fit: ServerReport = {
  version: "2.15.2",
  auth_required: true,
  max_payload: 1_048_576,
  system_account: "A",
  trusted_operators_jwt: ["ey"],
  jetstream: { config: { sync_always: true, store_dir: "/s" } },
};

test("a server that is set up as ours may be used", () => {
  expect(serverFaults(fit)).toEqual([]);
  for (const version of ["2.15.3", "2.16.0-RC.1", "3.0.0"]) expect(serverFaults({ ...fit, version })).toEqual([]);
});

test.each<[string, ServerReport, RegExp]>([
  ["an old server", { ...fit, version: "2.15.1" }, /version 2.15.2 or later, found 2.15.1/],
  ["an older server", { ...fit, version: "1.99.99" }, /version/],
  ["a nameless server", { ...fit, version: "" }, /version/],
  ["one that lets anybody in", { ...fit, auth_required: false }, /authentication required, found false/],
  ["one without an operator", { ...fit, trusted_operators_jwt: [] }, /trusted operator/],
  ["one with a guest on WebSockets", { ...fit, websocket: { no_auth_user: "guest" } }, /no no_auth_user/],
  ["one without JetStream", { ...fit, jetstream: {} }, /JetStream enabled/],
  ["one that does not sync every write", { ...fit, jetstream: { config: { store_dir: "/s" } } }, /sync_interval: always, found sync_always false/],
  ["one that takes larger messages", { ...fit, max_payload: 8_388_608 }, /max_payload 1048576, found 8388608/],
])("%s is refused", (_, report, fault) => {
  expect(serverFaults(report).join("; ")).toMatch(fault);
});

test("the check reads /varz and tells a server that does not answer from one that is unfit", async () => {
  const answering = (status: number, body: unknown) =>
    fakeEnv(1, { fetch: async (url) => (String(url) === "http://127.0.0.1:8222/varz" ? Response.json(body, { status }) : Response.error()) });
  await checkServer(answering(200, fit), "http://127.0.0.1:8222");
  await expect(checkServer(answering(200, {}), "http://127.0.0.1:8222")).rejects.toMatchObject({ code: "UNFIT_SERVER" });
  await expect(checkServer(answering(500, fit), "http://127.0.0.1:8222")).rejects.toMatchObject({ code: "MONITOR", retryable: true });
});

const config: ServerConfig = {
  serverName: "n1",
  host: "127.0.0.1",
  clientPort: 4222,
  monitorPort: 8222,
  trust: { operatorJwt: "ey.op", systemAccount: "AS", accounts: { AS: "ey.s", AL: "ey.l" } },
  accountsDirectory: "/a",
  storeDirectory: "/s",
  fileStoreBytesMax: 1024n,
  fileStoreKey: new Secret("k".repeat(32)),
};

test("the template is filled with what it names", async () => {
  const text = renderServerConfig(await readFile(TEMPLATE, "utf8"), config);
  expect(text).not.toContain("{{");
  expect(text).not.toContain("no_auth_user");
  for (const line of ['listen: "127.0.0.1:4222"', "sync_interval: always", 'store_dir: "/s"', '  AL: "ey.l"', "max_payload: 1MB"])
    expect(text).toContain(line);
});

test.each<[string, Partial<ServerConfig>, RegExp]>([
  ["an address beyond loopback without TLS", { host: "0.0.0.0" }, /TLS files.*found none, listening on 0.0.0.0/],
  ["a short key", { fileStoreKey: new Secret("k".repeat(31)) }, /32 characters, found 31/],
  ["a value that would end its quotes", { serverName: 'n" http: "0.0.0.0:1' }, /without quotes/],
  ["a value of two lines", { storeDirectory: "/s\nno_auth_user: x" }, /without quotes/],
])("%s is refused", async (_, change, message) => {
  const template = await readFile(TEMPLATE, "utf8");
  expect(() => renderServerConfig(template, { ...config, ...change })).toThrow(message);
});

test("beyond loopback it takes TLS, or the word that insecure is meant", async () => {
  const template = await readFile(TEMPLATE, "utf8");
  const tls = { certFile: "/c", keyFile: "/k", caFile: "/ca" };
  expect(renderServerConfig(template, { ...config, host: "0.0.0.0", tls })).toMatch(/tls \{[^}]*verify: true[^}]*min_version: "1.3"/);
  expect(renderServerConfig(template, { ...config, host: "0.0.0.0", isInsecureAllowed: true })).toContain('listen: "0.0.0.0:4222"');
});

test("a template and its values must agree", () => {
  expect(() => renderServerConfig("{{clientListen}}", config)).toThrow(/uses every value/);
  expect(() => renderServerConfig("{{other}}", config)).toThrow(/found other/);
});

const cluster: ClusterConfig = {
  name: "c1",
  routeHost: "127.0.0.1",
  routePort: 6222,
  peers: ["127.0.0.1:6222", "n2.example:6222", "[::1]:6223"],
  routePassword: new Secret("p".repeat(32)),
};

test("the cluster's template is filled with what it names, certificates asked of both sides", async () => {
  const tls = { certFile: "/c", keyFile: "/k", caFile: "/a" };
  const text = renderClusterConfig(await readFile(CLUSTER_TEMPLATE, "utf8"), { ...cluster, routeHost: "10.0.0.1", tls });
  expect(text).not.toContain("{{");
  for (const line of ['name: "c1"', 'listen: "10.0.0.1:6222"', "verify: true", `"nats-route://route:${"p".repeat(32)}@n2.example:6222"`])
    expect(text).toContain(line);
});

test.each<[string, Partial<ClusterConfig>, RegExp]>([
  [
    "routes beyond loopback without certificates",
    { routeHost: "10.0.0.1" },
    /TLS files for routes beyond loopback, found none, listening on 10.0.0.1/,
  ],
  ["a short password", { routePassword: new Secret("p".repeat(31)) }, /route password of 32 or more.*found another one of 31 characters/],
  ["a password that would end its URL", { routePassword: new Secret(`${"p".repeat(32)}@evil`) }, /route password/],
  ["a peer that is no address", { peers: ["n2:6222 nats://evil"] }, /peers as host:port, found "n2:6222 nats/],
  ["a name that would end its quotes", { name: 'c" no_auth_user: "x' }, /without quotes/],
])("%s is refused", async (_, change, fault) => {
  const template = await readFile(CLUSTER_TEMPLATE, "utf8");
  expect(() => renderClusterConfig(template, { ...cluster, ...change })).toThrow(fault);
});
