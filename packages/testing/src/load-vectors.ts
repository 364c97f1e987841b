import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** One shared case. Bytes are lower-case hex, integers decimal strings. Exactly one of `expected` and `error` is there. */
export interface Vector<Input, Expected> {
  readonly name: string;
  readonly input: Input;
  readonly expected?: Expected;
  readonly error?: string;
}

/** Reads `test/vectors/<topic>.json`, which the Go tests read too. Throws where the file is missing, empty or not of the agreed shape. */
export function loadVectors<Input = unknown, Expected = unknown>(topic: string): Vector<Input, Expected>[] {
  const path = join(vectorsFolder(), `${topic}.json`);
  if (!existsSync(path)) throw new Error(`no vectors for ${topic}: expected test/vectors/${topic}.json`);
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(parsed) || parsed.length === 0) throw new Error(`test/vectors/${topic}.json: expected a non-empty array`);
  const names = new Set<string>();
  parsed.forEach((vector, index) => checkShape(vector, names, `test/vectors/${topic}.json[${index}]`));
  return parsed as Vector<Input, Expected>[];
}

function checkShape(vector: unknown, names: Set<string>, where: string): void {
  if (typeof vector !== "object" || vector === null) throw new Error(`${where}: expected an object, found ${typeof vector}`);
  if (!("name" in vector) || typeof vector.name !== "string") throw new Error(`${where}: expected a name`);
  if (names.has(vector.name)) throw new Error(`${where}: the name ${vector.name} is taken`);
  if (!("input" in vector)) throw new Error(`${where}: expected an input`);
  if ("expected" in vector === "error" in vector) throw new Error(`${where}: expected either "expected" or "error"`);
  names.add(vector.name);
}

let found: string | undefined;

/** Absolute path of `test/vectors`, found from this file upwards, so that it works from source and from `dist`. */
export function vectorsFolder(): string {
  if (found !== undefined) return found;
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    const candidate = join(folder, "test", "vectors");
    if (existsSync(join(folder, "package-lock.json")) && existsSync(candidate)) {
      found = candidate;
      return candidate;
    }
  }
  throw new Error("no folder test/vectors above packages/testing");
}
