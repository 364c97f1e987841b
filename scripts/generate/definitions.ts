import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./repository.ts";

/** Go modules that carry the definitions which ours import, and the folder inside each where import paths start. */
const sources = [
  { module: "github.com/cosmos/cosmos-sdk", folder: "proto" },
  { module: "github.com/cosmos/cosmos-proto", folder: "proto" },
  { module: "github.com/cosmos/gogoproto", folder: "." },
  { module: "github.com/grpc-ecosystem/grpc-gateway", folder: "third_party/googleapis" },
];

/**
 * Copies to .third_party/proto each definition that files in proto/ import, directly or not, from the Go module cache:
 * so that the definitions are those of the versions chain/go.mod pins. Well-known types come with buf.
 */
export function exportDefinitions(root: string): void {
  const folders = sources.map(({ module, folder }) => join(moduleFolder(root, module), folder));
  const target = join(root, ".third_party/proto");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const waiting = protoFiles(join(root, "proto")).flatMap((path) => imports(join(root, "proto", path)));
  const seen = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path) || path.startsWith("google/protobuf/") || existsSync(join(root, "proto", path))) continue;
    seen.add(path);
    const source = folders.map((folder) => join(folder, path ?? "")).find((file) => existsSync(file));
    if (source === undefined) throw new Error(`import "${path}": expected it in ${sources.map(({ module }) => module).join(", ")}, found it nowhere`);
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(source, join(target, path));
    waiting.push(...imports(source));
  }
}

/** Paths of the .proto files below `folder`, relative to it and sorted. */
export function protoFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".proto"))
    .sort();
}

function moduleFolder(root: string, module: string): string {
  return run(join(root, "chain"), "go", ["list", "-mod=mod", "-m", "-f", "{{.Dir}}", module]).trim();
}

function imports(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^import\s+(?:public\s+)?"([^"]+)";/gm)].map((match) => match[1] ?? "");
}
