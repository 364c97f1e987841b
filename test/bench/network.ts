import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LAMINA = fileURLToPath(new URL("../../lamina", import.meta.url));

/** A devnet of its own for a bench: brought up by the same command that users run. */
export interface BenchNetwork {
  readonly env: Readonly<Record<string, string>>;
  /** What runs, by the supervisor's names. */
  processes(): NetworkProcess[];
  down(): void;
}

export interface NetworkProcess {
  readonly name: string;
  readonly pid: number;
}

export function bringUp(portBase: number, words: readonly string[]): BenchNetwork {
  const folder = mkdtempSync(join(tmpdir(), "lamina-bench-"));
  const home = join(folder, "home");
  lamina(["up", "--detach", "--home", home, "--port-base", `${portBase}`, ...words]);
  const env = Object.fromEntries(
    readFileSync(join(home, "env"), "utf8")
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), unquote(line.slice(line.indexOf("=") + 1))]),
  );
  return {
    env,
    processes: () => {
      const { processes } = JSON.parse(lamina(["status", "--json", "--home", home])) as { processes: { name: string; pid?: number }[] };
      return processes.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]));
    },
    down: () => {
      lamina(["down", "--home", home]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Its standard output, which is shown as well, but for what a program asks. */
function lamina(words: readonly string[]): string {
  const isAsked = words.includes("--json");
  const { status, stdout } = spawnSync(LAMINA, words, { encoding: "utf8", stdio: ["ignore", isAsked ? "pipe" : 2, 2] });
  if (status !== 0) throw new Error(`lamina ${words.join(" ")} ended with ${status}`);
  return stdout ?? "";
}

function unquote(text: string): string {
  return text.replace(/^(['"])(.*)\1$/, "$2");
}
