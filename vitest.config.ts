import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const long = process.env["LAMINA_LONG"] === "1";

/** Tests read the source of every package; only apps that tests start as processes run compiled output. */
const conditions = ["lamina-source", "module", "import", "node", "default"];

/** Starts real servers or chains: one file at a time, with time to come up. */
const HEAVY = "**/*.heavy.test.ts";
const NEVER = ["**/node_modules/**", "**/dist/**"];

function workspacesIn(folder: string): string[] {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  return names.filter((name) => existsSync(join(root, folder, name, "package.json"))).map((name) => `${folder}/${name}`);
}

const workspaces = [...workspacesIn("packages"), ...workspacesIn("apps")];

/** `LAMINA_OVERLAY`: a folder whose files are read in place of those of the same path here. For test/mutations alone. */
function overlay(): Plugin[] {
  const folder = process.env["LAMINA_OVERLAY"];
  if (folder === undefined) return [];
  const load = (id: string) => {
    const patched = join(folder, relative(root, id.split("?")[0] ?? id));
    return existsSync(patched) ? readFileSync(patched, "utf8") : null;
  };
  return [{ name: "lamina-overlay", enforce: "pre", load }];
}

function project(name: string, folder: string, include: string[], exclude: string[], heavy: boolean) {
  const seconds = (heavy ? 180 : 20) * (long ? 20 : 1);
  return {
    plugins: overlay(),
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      root: join(root, folder),
      include,
      exclude: [...NEVER, ...exclude],
      environment: "node" as const,
      // Its keys are the files here: with it one mutation would be given the code of another.
      fsModuleCache: process.env["LAMINA_OVERLAY"] === undefined,
      testTimeout: seconds * 1000,
      hookTimeout: seconds * 1000,
      pool: "forks" as const,
      fileParallelism: !heavy,
      sequence: { groupOrder: heavy ? 1 : 0 },
      passWithNoTests: true,
    },
  };
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    passWithNoTests: true,
    fsModuleCache: process.env["LAMINA_OVERLAY"] === undefined,
    maxWorkers: 2,
    projects: [
      ...workspaces.map((folder) => project(folder, folder, ["**/*.test.ts"], [HEAVY], false)),
      project("scripts", "scripts", ["**/*.test.ts"], [HEAVY], false),
      project("test", "test", ["**/*.test.ts"], [HEAVY, "e2e/**"], false),
      // Everything below waits until the light tests are done, and then runs one file at a time.
      project("heavy", ".", [`packages/${HEAVY}`, `apps/${HEAVY}`, `test/${HEAVY}`, "test/e2e/**/*.test.ts"], [], true),
    ],
  },
});
