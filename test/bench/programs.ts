import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** A bench that measures one part beside its code, and prints JSON. */
export interface BenchProgram {
  readonly name: string;
  /** What must be there for it to be run. */
  readonly path: string;
  readonly command: string;
  readonly words: readonly string[];
  readonly cwd: string;
}

export const PROGRAMS: readonly BenchProgram[] = [
  {
    name: "sequencer",
    path: "apps/sequencer/src/testing/bench/main.ts",
    command: process.execPath,
    words: ["--conditions=lamina-source", "apps/sequencer/src/testing/bench/main.ts"],
    cwd: ".",
  },
  { name: "chain", path: "chain/bench", command: "go", words: ["run", "./bench", "--json"], cwd: "chain" },
  {
    name: "index",
    path: "apps/indexer/src/testing/bench/main.ts",
    command: process.execPath,
    words: ["--conditions=lamina-source", "apps/indexer/src/testing/bench/main.ts"],
    cwd: ".",
  },
];

/** Runs a part's own bench and reads what it prints. */
export function runProgram({ name, path, command, words, cwd }: BenchProgram): unknown {
  if (!existsSync(join(ROOT, path))) throw new Error(`bench ${name}: expected it at ${path}`);
  const { status, stdout } = spawnSync(command, words, {
    cwd: join(ROOT, cwd),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status !== 0) throw new Error(`bench ${name} ended with ${status}`);
  return JSON.parse(stdout);
}
