import { readKeyFile } from "@lamina/chain-client";
import { type Env, encodeUtf8, toHex } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";

const SEED_BYTES = 32;

/** Makes a signing key: its seed in a new file of mode 0600, its public key in hex as the result. Throws `FILE_EXISTS`: no key is ever overwritten. */
export async function makeKey(env: Pick<Env, "files" | "random">, path: string): Promise<string> {
  const seed = env.random.bytes(SEED_BYTES);
  await env.files.createFile(path, encodeUtf8(`${toHex(seed)}\n`), { mode: 0o600 });
  return toHex(nodeEd25519Signer(seed).publicKey);
}

/** The public key of a key file, in hex. */
export async function showKey(env: Pick<Env, "files">, path: string): Promise<string> {
  return toHex(nodeEd25519Signer(await readKeyFile(env, path)).publicKey);
}
