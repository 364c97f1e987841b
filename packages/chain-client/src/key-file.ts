import { BaseError, decodeUtf8, type Env, fromHex, isHex } from "@lamina/primitives";

const KEY_BYTES = 32;
const OTHERS = 0o077;

/** A key file is missing, readable by others, or not a key. Never tells what it holds (I31). */
export class KeyFileError extends BaseError<"KEY_FILE"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }, options?: ErrorOptions) {
    super("KEY_FILE", `key file ${details.path}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}

/** Reads a private key (secp256k1 or an ed25519 seed): 64 lower-case hex digits and perhaps a line's end, in a file of mode 0600 or less (T62). */
export async function readKeyFile(env: Pick<Env, "files">, path: string): Promise<Uint8Array> {
  const stat = await env.files.stat(path);
  if (stat === undefined) throw new KeyFileError({ path, expected: "a file", found: "nothing" });
  if (stat.kind !== "file") throw new KeyFileError({ path, expected: "a file", found: `a ${stat.kind}` });
  if ((stat.mode & OTHERS) !== 0) throw new KeyFileError({ path, expected: "mode 600", found: `mode ${stat.mode.toString(8)}` });
  const text = decodeUtf8(await env.files.readFile(path)).trimEnd();
  if (!isHex(text, KEY_BYTES)) throw new KeyFileError({ path, expected: `${2 * KEY_BYTES} hex digits`, found: `${text.length} characters` });
  return fromHex(text);
}
