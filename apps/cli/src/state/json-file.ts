import type { Env } from "@lamina/primitives";
import { decodeUtf8, encodeUtf8, FileError } from "@lamina/primitives";

/** The file's content, undefined where there is no file. Text that is not JSON throws, naming the file. */
export async function readJson(env: Pick<Env, "files">, path: string): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await env.files.readFile(path);
  } catch (error) {
    if (error instanceof FileError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch (error) {
    throw new Error(`${path} is not JSON`, { cause: error });
  }
}

export function writeJson(env: Pick<Env, "files">, path: string, value: unknown): Promise<void> {
  return env.files.writeFileAtomic(path, encodeUtf8(`${JSON.stringify(value, undefined, 2)}\n`));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
