import { createPrivateKey, X509Certificate } from "node:crypto";
import { BaseError, encodeUtf8, type FileSystem } from "@lamina/primitives";
import { readSecretText } from "./secret-file.ts";

/** Certificate and key as they are in their files, PEM. */
export interface TlsFiles {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

/** A certificate that cannot be served, by the variable that names its file. */
export class TlsFileError extends BaseError<"TLS_FILE"> {
  readonly details: { readonly variable: string; readonly path: string; readonly expected: string };
  constructor(details: { variable: string; path: string; expected: string }, options?: ErrorOptions) {
    super("TLS_FILE", `${details.variable}: expected ${details.expected} in ${details.path}`, options);
    this.details = details;
  }
}

/** Reads both and tells before anything listens whether they are a pair. Throws `TlsFileError`, `SecretFileError` where others may read the key (T62). */
export async function readTlsFiles(files: Pick<FileSystem, "readFile" | "stat">, certPath: string, keyPath: string): Promise<TlsFiles> {
  const cert = await files.readFile(certPath);
  const key = encodeUtf8(`${(await readSecretText(files, keyPath)).reveal()}\n`);
  const fault = (variable: string, path: string, expected: string, cause?: unknown) =>
    new TlsFileError({ variable, path, expected }, cause === undefined ? undefined : { cause });
  const certificate = parsed(
    () => new X509Certificate(cert),
    (cause) => fault("GATEWAY_TLS_CERT_FILE", certPath, "a certificate in PEM", cause),
  );
  const secret = parsed(
    () => createPrivateKey(Buffer.from(key)),
    (cause) => fault("GATEWAY_TLS_KEY_FILE", keyPath, "a private key in PEM", cause),
  );
  if (!certificate.checkPrivateKey(secret)) throw fault("GATEWAY_TLS_KEY_FILE", keyPath, `the key of the certificate in ${certPath}`);
  return { cert, key };
}

function parsed<T>(parse: () => T, explain: (cause: unknown) => TlsFileError): T {
  try {
    return parse();
  } catch (cause) {
    throw explain(cause);
  }
}
