import type { FileSystem } from "@lamina/primitives";
import { Secret } from "@lamina/primitives";
import type { Config } from "./config.ts";
import type { GatewaySecrets } from "./gateway-parts.ts";
import { readSecretBytes, readSecretText } from "./secret-file.ts";
import { readTlsFiles } from "./tls-files.ts";

/** Reads every secret from its file, each of mode 0600 (T62). Throws `SecretFileError`, `TlsFileError`. */
export async function readSecrets(files: Pick<FileSystem, "readFile" | "stat">, config: Config): Promise<GatewaySecrets> {
  const { DATABASE_URL, DATABASE_URL_FILE, GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE } = config;
  const databaseUrl = DATABASE_URL_FILE === undefined ? new Secret(DATABASE_URL ?? "") : await readSecretText(files, DATABASE_URL_FILE);
  const hasTls = GATEWAY_TLS_CERT_FILE !== undefined && GATEWAY_TLS_KEY_FILE !== undefined;
  return {
    databaseUrl,
    secret: await readSecretBytes(files, config.GATEWAY_SECRET_FILE),
    adminToken: await readSecretText(files, config.GATEWAY_ADMIN_TOKEN_FILE),
    tls: hasTls ? await readTlsFiles(files, GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE) : undefined,
  };
}
