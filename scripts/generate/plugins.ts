import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { protoFiles } from "./definitions.ts";
import { run } from "./repository.ts";

/** Files generated at one place that belong at another. `owns` tells which files at the target the generator answers for. */
export interface GeneratedTree {
  source: string;
  target: string;
  owns: (path: string) => boolean;
}

/** Generates Go for every definition that names a Go package. Returns the tree that belongs in chain/. */
export function generateGo(root: string, module: string): GeneratedTree {
  const plugin = join(root, ".third_party/bin/protoc-gen-gocosmos");
  run(join(root, "chain"), "go", ["build", "-o", plugin, "github.com/cosmos/gogoproto/protoc-gen-gocosmos"]);
  const files = protoFiles(join(root, "proto")).filter((path) => /^option go_package/m.test(readFileSync(join(root, "proto", path), "utf8")));
  const output = emptyFolder(join(root, ".third_party/generated/go"));
  buf(root, "proto/buf.gen.go.yaml", files);
  return { source: join(output, module), target: join(root, "chain"), owns: (path) => /^x\/[^/]+\/types\/[^/]+\.pb\.go$/.test(path) };
}

/** Generates TypeScript schemas of all definitions and their imports. Returns the tree that belongs in packages/protocol. */
export function generateTypeScript(root: string): GeneratedTree {
  const output = emptyFolder(join(root, ".third_party/generated/ts"));
  buf(root, "proto/buf.gen.ts.yaml", protoFiles(join(root, "proto")));
  return { source: output, target: join(root, "packages/protocol/src/gen"), owns: () => true };
}

/** Copies the protocol's parameters to where the Go module can embed them. */
export function copyPresets(root: string): GeneratedTree {
  const output = emptyFolder(join(root, ".third_party/generated/presets"));
  cpSync(join(root, "packages/params/presets.json"), join(output, "protocol.json"));
  return { source: output, target: join(root, "chain/app/genesis/presets"), owns: (path) => path === "protocol.json" };
}

function buf(root: string, template: string, files: readonly string[]): void {
  const paths = files.flatMap((path) => ["--path", join("proto", path)]);
  run(root, join(root, "node_modules/.bin/buf"), ["generate", "--template", template, ...paths]);
}

function emptyFolder(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new Error(`expected an empty ${folder}`);
  return folder;
}
