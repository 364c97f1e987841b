import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./network.ts";
import { runProgram } from "./run-program.ts";

const SCRIPTS = join(REPOSITORY, "test", "clients", "python");
const FOLDER = join(REPOSITORY, "build", "venv-clients");

export interface PythonEnvironment {
  /** Runs a script of test/clients/python and answers the JSON that it prints. */
  run(script: string, variables: Readonly<Record<string, string>>): Promise<Record<string, unknown>>;
}

/** A virtual environment with the pinned packages, checked by their hashes; made once, and again when the pins change. */
export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const requirements = join(SCRIPTS, "requirements.txt");
  const pins = readFileSync(requirements, "utf8");
  const mark = join(FOLDER, "installed.txt");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== pins) {
    await must("python3", ["-m", "venv", "--clear", FOLDER]);
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"];
    await must(join(FOLDER, "bin", "pip"), ["install", ...options, "-r", requirements]);
    writeFileSync(mark, pins);
  }
  return { run: async (script, variables) => JSON.parse(await must(join(FOLDER, "bin", "python"), [join(SCRIPTS, script)], variables)) };
}

async function must(program: string, words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const inherited = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const { code, stdout, stderr } = await runProgram(program, words, { env: { ...inherited, NO_PROXY: "127.0.0.1", ...variables } });
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr.slice(-2_000)}`);
  return stdout;
}
