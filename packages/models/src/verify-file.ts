import { createHash } from "node:crypto";
import type { FileSystem } from "@lamina/primitives";
import type { FileSource } from "./manifest-source.ts";

const CHUNK_BYTES = 4 << 20;

export type FileVerdict =
  | { readonly kind: "valid" }
  | { readonly kind: "missing" }
  | { readonly kind: "different"; readonly expected: string; readonly found: string };

/** Compares the file at `path` with size and digest from a manifest (T25). Reads in pieces: a model may be larger than one buffer should be. */
export async function verifyFile(files: FileSystem, path: string, expected: FileSource): Promise<FileVerdict> {
  const stat = await files.stat(path);
  if (stat === undefined) return { kind: "missing" };
  if (stat.kind !== "file") return { kind: "different", expected: "a file", found: `a ${stat.kind}` };
  if (stat.sizeBytes !== expected.size) return { kind: "different", expected: `${expected.size} bytes`, found: `${stat.sizeBytes} bytes` };
  const hash = createHash("sha256");
  for (let offset = 0; offset < expected.size; offset += CHUNK_BYTES) hash.update(await files.readRange(path, offset, CHUNK_BYTES));
  const found = hash.digest("hex");
  return found === expected.sha256 ? { kind: "valid" } : { kind: "different", expected: `SHA-256 ${expected.sha256}`, found: `SHA-256 ${found}` };
}
