export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: "ladder" | "workspace" | "dependency" | "reference" | "env" | "browser" | "cycle" | "adapter" | "variable";
  readonly message: string;
}

export interface Manifest {
  /** `packages/codec` or `apps/worker`. */
  readonly folder: string;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
  /** Folders that its tsconfig refers to. */
  readonly references: ReadonlySet<string>;
}

/** `packages/codec` for a file in it; undefined outside packages and apps. */
export function workspaceOf(path: string): string | undefined {
  return /^(packages|apps)\/[^/]+/.exec(path)?.[0];
}

/** Tests, and what only tests import, may touch the world and any package. */
export function isTestCode(path: string): boolean {
  if (!/^(packages|apps)\//.test(path) || path.startsWith("packages/testing/")) return true;
  return /\.test\.ts$/.test(path) || path.includes("/src/testing/") || /\.config\.ts$/.test(path);
}

/** `@scope/name` or `name` of a specifier such as `@scope/name/sub`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
