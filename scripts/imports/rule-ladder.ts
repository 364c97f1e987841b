import { posix } from "node:path";
import { LEVELS, TESTING } from "./ladder.ts";
import type { SourceFile } from "./source-file.ts";
import type { Manifest, Violation } from "./violation.ts";
import { isTestCode, packageName, workspaceOf } from "./violation.ts";

/** Each import points down the ladder, stays in its workspace where relative, and is declared in the workspace's package.json. */
export function checkLadder(file: SourceFile, manifests: ReadonlyMap<string, Manifest>): Violation[] {
  const home = workspaceOf(file.path);
  if (home === undefined) return [];
  return file.imports.flatMap(({ specifier, line }) => {
    const report = (rule: Violation["rule"], message: string): Violation[] => [{ path: file.path, line, rule, message }];
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(file.path), specifier);
      return workspaceOf(target) === home ? [] : report("workspace", `a relative import leaves ${home}: ${specifier}`);
    }
    if (specifier.startsWith("node:")) return [];
    const undeclared = checkDeclared(home, specifier, isTestCode(file.path), manifests);
    if (undeclared !== undefined) return report("dependency", undeclared);
    const broken = specifier.startsWith("@lamina/") ? checkLevel(home, file.path, packageName(specifier).slice("@lamina/".length)) : undefined;
    return broken === undefined ? [] : report("ladder", broken);
  });
}

function checkLevel(home: string, path: string, target: string): string | undefined {
  if (target === TESTING) return isTestCode(path) ? undefined : "only tests import @lamina/testing";
  const targetLevel = LEVELS[target];
  if (targetLevel === undefined) return `@lamina/${target} is on no level of the ladder: apps and unknown packages cannot be imported`;
  const [kind, name] = home.split("/") as [string, string];
  if (kind === "apps" || packageName(`@lamina/${name}`) === `@lamina/${target}`) return undefined;
  if (name === TESTING) return targetLevel === 0 ? undefined : `testing imports primitives alone, found @lamina/${target}`;
  const ownLevel = LEVELS[name];
  if (ownLevel === undefined) return `${home} is on no level of the ladder: give it one in scripts/imports/ladder.ts`;
  return targetLevel < ownLevel ? undefined : `${name} (level ${ownLevel}) must import only lower levels, found ${target} (level ${targetLevel})`;
}

function checkDeclared(home: string, specifier: string, inTest: boolean, manifests: ReadonlyMap<string, Manifest>): string | undefined {
  const name = packageName(specifier);
  const manifest = manifests.get(home);
  if (manifest === undefined) return `${home} has no package.json`;
  if (name === `@lamina/${home.split("/")[1]}` || manifest.dependencies.has(name)) return undefined;
  const root = manifests.get("");
  if (inTest && (manifest.devDependencies.has(name) || root?.devDependencies.has(name))) return undefined;
  return `${name} is not among the ${inTest ? "dependencies or devDependencies" : "dependencies"} of ${home}/package.json`;
}

/** The compiler builds in the order of references: each declared Lamina package is one. */
export function checkReferences(manifest: Manifest): Violation[] {
  if (manifest.folder === "") return [];
  return [...manifest.dependencies, ...manifest.devDependencies]
    .filter((name) => name.startsWith("@lamina/"))
    .map((name) => `packages/${name.slice("@lamina/".length)}`)
    .filter((folder) => !manifest.references.has(folder))
    .map((folder) => ({
      path: `${manifest.folder}/tsconfig.json`,
      line: 1,
      rule: "reference" as const,
      message: `expected a reference to ${folder}, found none`,
    }));
}
