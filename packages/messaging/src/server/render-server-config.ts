import type { Secret } from "@lamina/primitives";
import type { ServerTrust } from "../authority/bus-authority.ts";
import { fillTemplate, quote } from "./fill-template.ts";
import { isLoopback } from "./listening.ts";
import { ServerConfigError } from "./server-config-error.ts";

export interface ServerTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** With it, clients must show a certificate of this authority. */
  readonly caFile?: string;
}

export interface ServerConfig {
  readonly serverName: string;
  readonly host: string;
  readonly clientPort: number;
  readonly monitorPort: number;
  readonly trust: ServerTrust;
  readonly accountsDirectory: string;
  readonly storeDirectory: string;
  readonly fileStoreBytesMax: bigint;
  /** At least 32 characters of chance; without it the streams on disk cannot be read. */
  readonly fileStoreKey: Secret<string>;
  readonly tls?: ServerTlsFiles;
  /** Listens beyond loopback without TLS; the caller has warned. */
  readonly isInsecureAllowed?: boolean;
}

const FILE_STORE_KEY_CHARACTERS_MIN = 32;

/** Fills `infra/devnet/nats/nats-server.conf.template`. The result is secret: write it with mode 0600. Throws `ServerConfigError`. */
export function renderServerConfig(template: string, config: ServerConfig): string {
  if (!isLoopback(config.host) && config.tls === undefined && config.isInsecureAllowed !== true) {
    throw new ServerConfigError({ expected: "TLS files for a server that listens beyond loopback", found: `none, listening on ${config.host}` });
  }
  const key = config.fileStoreKey.reveal();
  if (key.length < FILE_STORE_KEY_CHARACTERS_MIN)
    throw new ServerConfigError({ expected: `a file store key of ${FILE_STORE_KEY_CHARACTERS_MIN} characters`, found: `${key.length}` });
  const values = new Map([
    ["serverName", quote(config.serverName)],
    ["clientListen", quote(`${config.host}:${config.clientPort}`)],
    ["monitorListen", quote(`127.0.0.1:${config.monitorPort}`)],
    ["operatorJwt", quote(config.trust.operatorJwt)],
    ["systemAccount", quote(config.trust.systemAccount)],
    ["accountsDirectory", quote(config.accountsDirectory)],
    [
      "accountPreload",
      Object.entries(config.trust.accounts)
        .map(([account, jwt]) => `  ${account}: ${quote(jwt)}`)
        .join("\n"),
    ],
    ["storeDirectory", quote(config.storeDirectory)],
    ["fileStoreBytesMax", String(config.fileStoreBytesMax)],
    ["fileStoreKey", quote(key)],
    ["tls", config.tls === undefined ? "" : renderTls(config.tls)],
  ]);
  return fillTemplate(template, values);
}

function renderTls(tls: ServerTlsFiles): string {
  const client = tls.caFile === undefined ? [] : [`  ca_file: ${quote(tls.caFile)}`, "  verify: true"];
  return ["tls {", `  cert_file: ${quote(tls.certFile)}`, `  key_file: ${quote(tls.keyFile)}`, ...client, '  min_version: "1.3"', "}"].join("\n");
}
