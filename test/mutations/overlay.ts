import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutation } from "./mutation.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface Verdict {
  /** The test ran and noticed. A mutant that does not compile, or a test that is not there, is not noticed. */
  readonly isRed: boolean;
  readonly output: string;
}

/** Copies the changed files into a new folder, patches the copies and gives the folder. */
export function makeOverlay(mutation: Mutation): string {
  const folder = mkdtempSync(join(tmpdir(), "lamina-mutation-"));
  for (const file of mutation.files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  execFileSync("git", ["apply", "-p1", mutation.patchPath], { cwd: folder, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) } });
  return folder;
}

/** Runs the mutation's test with the patched copies in place of the files. */
export function runMutant(mutation: Mutation, folder: string): Verdict {
  return mutation.runner === "go" ? runGo(mutation, folder) : runVitest(mutation, folder);
}

function runGo({ words, files }: Mutation, folder: string): Verdict {
  const replace = Object.fromEntries(files.map((file) => [join(ROOT, file), join(folder, file)]));
  const overlay = join(folder, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: replace }));
  const output = run("go", ["test", "-vet=off", "-count=1", "-overlay", overlay, ...words], join(ROOT, "chain"), {});
  return { isRed: output.includes("--- FAIL:"), output };
}

function runVitest({ words }: Mutation, folder: string): Verdict {
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const output = run(process.execPath, [vitest, "run", ...words], ROOT, { LAMINA_OVERLAY: folder, NO_COLOR: "1" });
  return { isRed: /Tests\s+\d+ failed/.test(output), output };
}

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string>): string {
  const { stdout, stderr } = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, encoding: "utf8", maxBuffer: OUTPUT_BYTES_MAX });
  return `${stdout}\n${stderr}`;
}
