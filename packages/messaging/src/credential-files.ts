import { BaseError, decodeUtf8, type Env, Secret } from "@lamina/primitives";
import { decode } from "@nats-io/jwt";
import { userKeysOf } from "./authority/user-keys.ts";
import type { NatsCredentials } from "./nats/nats-bus.ts";

const RELOAD_MS = 30_000;

export interface CredentialFilesOptions {
  /** The token that the authority minted; whoever renews it replaces the file whole. */
  readonly userJwtFile: string;
  /** The seed of the key that it names; nobody else may read it. */
  readonly seedFile: string;
}

/** The files do not hold a credential that could work. */
export class CredentialFileError extends BaseError<"CREDENTIAL_FILE"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }, options?: ErrorOptions) {
    super("CREDENTIAL_FILE", `${details.path}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}

/**
 * A credential kept in two files. Tokens are short-lived, so the token is read again twice a minute and the next reconnect takes what is there;
 * `onFault` is told where that fails and the old one is kept. Throws `CredentialFileError`, `FileError`.
 */
export async function openCredentialFiles(
  options: CredentialFilesOptions,
  dependencies: { readonly env: Pick<Env, "files" | "timers">; readonly onFault: (what: string, error: unknown) => void },
): Promise<NatsCredentials & { close(): void }> {
  const { env, onFault } = dependencies;
  const seed = await readSeed(env, options.seedFile);
  const read = () => readToken(env, options.userJwtFile, userKeysOf(seed).publicKey);
  let userJwt = await read();
  const reload = async () => {
    try {
      userJwt = await read();
    } catch (error) {
      onFault("the bus credential could not be read again", error);
    }
  };
  const timer = env.timers.setInterval(() => void reload(), RELOAD_MS);
  timer.unref();
  return { seed, userJwt: () => userJwt, close: () => env.timers.clearInterval(timer) };
}

async function readSeed(env: Pick<Env, "files">, path: string): Promise<Secret<string>> {
  const mode = (await env.files.stat(path))?.mode ?? 0;
  if ((mode & 0o077) !== 0) throw new CredentialFileError({ path, expected: "mode 0600, since it holds a key", found: `mode 0${mode.toString(8)}` });
  const seed = new Secret(decodeUtf8(await env.files.readFile(path)).trim());
  if (!seed.reveal().startsWith("SU")) throw new CredentialFileError({ path, expected: "the seed of a user, SU...", found: "something else" });
  return seed;
}

async function readToken(env: Pick<Env, "files">, path: string, publicKey: string): Promise<string> {
  const text = decodeUtf8(await env.files.readFile(path)).trim();
  const found = subjectOf(path, text);
  if (found !== publicKey) throw new CredentialFileError({ path, expected: `a token for ${publicKey}`, found: `one for ${found}` });
  return text;
}

function subjectOf(path: string, token: string): string {
  try {
    return decode(token).sub;
  } catch (error) {
    throw new CredentialFileError({ path, expected: "a token of the bus", found: "something else" }, { cause: error });
  }
}
