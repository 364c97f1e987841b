import type { Env } from "@lamina/primitives";
import { decodeUtf8, encodeUtf8, toHex } from "@lamina/primitives";
import type { StateFolder } from "./state-folder.ts";

const SECRET_BYTES = 32;

/** The secret kept at `keys/<name>` (0600), as hex; drawn at the first call. */
export async function ensureSecret(env: Pick<Env, "files" | "random">, folder: StateFolder, name: string): Promise<string> {
  const path = folder.keyFile(name);
  if ((await env.files.stat(path)) !== undefined) return decodeUtf8(await env.files.readFile(path)).trim();
  const secret: string = toHex(env.random.bytes(SECRET_BYTES));
  await env.files.mkdir(folder.keys);
  await env.files.createFile(path, encodeUtf8(`${secret}\n`), { mode: 0o600 });
  return secret;
}

/** Keeps a secret that is made elsewhere (a URL with a password) at `keys/<name>` (0600); answers the path. */
export async function writeSecret(env: Pick<Env, "files">, folder: StateFolder, name: string, value: string): Promise<string> {
  await env.files.mkdir(folder.keys);
  await env.files.writeFileAtomic(folder.keyFile(name), encodeUtf8(`${value}\n`), { mode: 0o600 });
  return folder.keyFile(name);
}
