import type { Secret } from "@lamina/primitives";
import { fillTemplate, quote } from "./fill-template.ts";
import { isLoopback } from "./listening.ts";
import { ServerConfigError } from "./server-config-error.ts";

/** Every server shows a certificate of this authority to every other. */
export interface RouteTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

export interface ClusterConfig {
  readonly name: string;
  /** Where this server waits for the others. */
  readonly routeHost: string;
  readonly routePort: number;
  /** `host:port` of each server's routes; this server's own may be among them. */
  readonly peers: readonly string[];
  /** The same for all servers, at least 32 of A-Z a-z 0-9. */
  readonly routePassword: Secret<string>;
  readonly tls?: RouteTlsFiles;
}

const PASSWORD = /^[A-Za-z0-9]{32,}$/;
const PEER = /^[A-Za-z0-9.[\]:-]+:[0-9]+$/;

/**
 * Fills `infra/devnet/nats/nats-cluster.conf.template`, which goes after a server's own configuration; their `serverName`s differ. The result is
 * secret: write it with mode 0600. Throws `ServerConfigError`, also for routes beyond loopback without certificates.
 */
export function renderClusterConfig(template: string, config: ClusterConfig): string {
  const { name, routeHost, routePort, peers, tls } = config;
  if (!isLoopback(routeHost) && tls === undefined)
    throw new ServerConfigError({ expected: "TLS files for routes beyond loopback", found: `none, listening on ${routeHost}` });
  const password = config.routePassword.reveal();
  if (!PASSWORD.test(password))
    throw new ServerConfigError({ expected: "a route password of 32 or more of A-Z a-z 0-9", found: `another one of ${password.length} characters` });
  const malformed = peers.find((peer) => !PEER.test(peer));
  if (malformed !== undefined) throw new ServerConfigError({ expected: "peers as host:port", found: JSON.stringify(malformed) });
  const values = new Map([
    ["clusterName", quote(name)],
    ["routeListen", quote(`${routeHost}:${routePort}`)],
    ["routePassword", quote(password)],
    ["routeTls", tls === undefined ? "" : renderTls(tls)],
    ["routes", peers.map((peer) => `    ${quote(`nats-route://route:${password}@${peer}`)}`).join("\n")],
  ]);
  return fillTemplate(template, values);
}

function renderTls({ certFile, keyFile, caFile }: RouteTlsFiles): string {
  const files = [`cert_file: ${quote(certFile)}`, `key_file: ${quote(keyFile)}`, `ca_file: ${quote(caFile)}`];
  return ["  tls {", ...[...files, "verify: true", 'min_version: "1.3"'].map((line) => `    ${line}`), "  }"].join("\n");
}
