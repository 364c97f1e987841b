import { createHash } from "node:crypto";
import type { ManifestFile } from "@lamina/codec";
import type { FileSystem } from "@lamina/primitives";
import { toHex } from "@lamina/primitives";

const CHUNK_BYTES = 4 << 20;

export type FileVerdict =
  | { readonly kind: "valid" }
  | { readonly kind: "missing" }
  | { readonly kind: "different"; readonly expected: string; readonly found: string };

/** Compares the file at `path` with size and digest from a manifest (T25). Reads in pieces: a model may be larger than one buffer should be. */
export async function verifyFile(files: FileSystem, path: string, expected: ManifestFile): Promise<FileVerdict> {
  const stat = await files.stat(path);
  if (stat === undefined) return { kind: "missing" };
  if (stat.kind !== "file") return { kind: "different", expected: "a file", found: `a ${stat.kind}` };
  if (BigInt(stat.sizeBytes) !== expected.size) return { kind: "different", expected: `${expected.size} bytes`, found: `${stat.sizeBytes} bytes` };
  const hash = createHash("sha256");
  for (let offset = 0; offset < stat.sizeBytes; offset += CHUNK_BYTES) hash.update(await files.readRange(path, offset, CHUNK_BYTES));
  return compare(hash.digest("hex"), expected);
}

/** The same for a file already read: what is handed to the runtime must be these very bytes. */
export function verifyBytes(bytes: Uint8Array, expected: ManifestFile): FileVerdict {
  if (BigInt(bytes.length) !== expected.size) return { kind: "different", expected: `${expected.size} bytes`, found: `${bytes.length} bytes` };
  return compare(createHash("sha256").update(bytes).digest("hex"), expected);
}

function compare(found: string, file: ManifestFile): FileVerdict {
  const expected = toHex(file.sha256);
  return found === expected ? { kind: "valid" } : { kind: "different", expected: `SHA-256 ${expected}`, found: `SHA-256 ${found}` };
}
