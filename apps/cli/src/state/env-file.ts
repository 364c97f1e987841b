import type { Env } from "@lamina/primitives";
import { decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import type { StateFolder } from "./state-folder.ts";

/** What a user needs to talk to the network. */
export interface NetworkEnvironment {
  readonly GATEWAY_URL: string;
  readonly INDEX_URL: string;
  readonly API_KEY: string;
  readonly DATABASE_URL: string;
  readonly RPC_URL: string;
  readonly NATS_URL: string;
}

/** Writes `.lamina/env` (0600: it holds a key and a password) in a form that shells, dotenv and docker read alike as long as nothing needs quotes. */
export function writeEnvFile(env: Pick<Env, "files">, folder: StateFolder, values: Partial<NetworkEnvironment>): Promise<void> {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quoteForShell(value)}`);
  return env.files.writeFileAtomic(folder.envFile, encodeUtf8(`${lines.join("\n")}\n`), { mode: 0o600 });
}

/** The assignments of an env file; empty where there is none. */
export async function readEnvFile(env: Pick<Env, "files">, folder: StateFolder): Promise<Record<string, string>> {
  if ((await env.files.stat(folder.envFile)) === undefined) return {};
  const values: Record<string, string> = {};
  for (const line of decodeUtf8(await env.files.readFile(folder.envFile)).split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) values[line.slice(0, at)] = unquote(line.slice(at + 1));
  }
  return values;
}

export function quoteForShell(value: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function unquote(text: string): string {
  return text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1).replaceAll("'\\''", "'") : text;
}
