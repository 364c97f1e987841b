import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import type { Tree } from "./check.ts";
import type { Manifest } from "./violation.ts";

const SKIPPED = new Set(["node_modules", "dist", ".git", ".turbo", ".lamina", ".third_party", "coverage"]);

/** Reads the workspaces of the repository at `root`. */
export function readTree(root: string): Tree {
  const sources = new Map<string, string>();
  for (const top of ["packages", "apps", "test", "scripts"]) {
    for (const path of filesBelow(join(root, top))) {
      if (/(?<!\.d)\.ts$/.test(path)) sources.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
  }
  const folders = ["packages", "apps"].flatMap((top) =>
    existsSync(join(root, top)) ? readdirSync(join(root, top)).map((name) => `${top}/${name}`) : [],
  );
  const manifests = ["", ...folders].filter((folder) => existsSync(join(root, folder, "package.json"))).map((folder) => readManifest(root, folder));
  const text = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "");
  const scripts = [...sources].filter(([path]) => /^(test|scripts)\//.test(path)).map(([, source]) => source);
  const otherReaders = [text("lamina"), text("vitest.config.ts"), ...scripts].join("\n");
  return {
    environmentExample: text(".env.example"),
    otherReaders,
    sources,
    manifests: new Map(manifests.map((manifest) => [manifest.folder, manifest])),
  };
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // AssemblyScript looks like TypeScript but is another language.
    if (entry.isDirectory()) return SKIPPED.has(entry.name) || entry.name === "assembly" ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

interface PackageJson {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

function readManifest(root: string, folder: string): Manifest {
  const read = <T>(name: string) => JSON.parse(readFileSync(join(root, folder, name), "utf8")) as T;
  const json = read<PackageJson>("package.json");
  const config = read<{ references?: { path: string }[] }>("tsconfig.json");
  return {
    folder,
    dependencies: new Set(Object.keys(json.dependencies ?? {})),
    devDependencies: new Set(Object.keys(json.devDependencies ?? {})),
    references: new Set((config.references ?? []).map(({ path }) => posix.join(folder, path))),
  };
}
