import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LAMINA = fileURLToPath(new URL("../../lamina", import.meta.url));

/** A devnet of its own for a bench: brought up by the same command that users run. */
export interface BenchNetwork {
  readonly env: Readonly<Record<string, string>>;
  down(): void;
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
    down: () => {
      lamina(["down", "--home", home]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function lamina(words: readonly string[]): void {
  const { status } = spawnSync(LAMINA, words, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`lamina ${words.join(" ")} ended with ${status}`);
}

function unquote(text: string): string {
  return text.replace(/^(['"])(.*)\1$/, "$2");
}
