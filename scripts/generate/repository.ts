import { execFileSync } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root; all paths of the generator start here. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Import path of the Go module in chain/. */
export const laminaModule = "github.com/lamina-network/lamina/chain";

/** Runs a command from `folder` and returns its output. Its errors go to the terminal; a failure throws. */
export function run(folder: string, command: string, commandArguments: readonly string[]): string {
  return execFileSync(command, [...commandArguments], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 64 << 20 });
}
