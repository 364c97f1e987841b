import { BaseError, decodeUtf8, type FileSystem, fromHex, isHex, Secret } from "@lamina/primitives";

const OTHERS = 0o077;
const SECRET_BYTES = 32;

/** A secret's file is missing, open to others, or not what it should hold. Never tells what it holds (I31). */
export class SecretFileError extends BaseError<"SECRET_FILE"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }) {
    super("SECRET_FILE", `${details.path}: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

type Files = Pick<FileSystem, "readFile" | "stat">;

/** The text of a file of mode 0600 or less, without its last line's end. Throws `SecretFileError`. */
export async function readSecretText(files: Files, path: string): Promise<Secret<string>> {
  const stat = await files.stat(path);
  if (stat === undefined) throw new SecretFileError({ path, expected: "a file", found: "nothing" });
  if ((stat.mode & OTHERS) !== 0) throw new SecretFileError({ path, expected: "mode 600", found: `mode ${stat.mode.toString(8)}` });
  const text = decodeUtf8(await files.readFile(path)).trim();
  if (text === "") throw new SecretFileError({ path, expected: "a secret", found: "an empty file" });
  return new Secret(text);
}

/** 32 bytes as 64 hex digits. */
export async function readSecretBytes(files: Files, path: string): Promise<Secret<Uint8Array>> {
  const text = await readSecretText(files, path);
  const found = text.reveal();
  if (!isHex(found, SECRET_BYTES))
    throw new SecretFileError({ path, expected: `${2 * SECRET_BYTES} hex digits`, found: `${found.length} characters` });
  return new Secret(fromHex(found));
}
