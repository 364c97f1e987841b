import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "./testing/lamina.ts";

const SCRIPT = join(REPOSITORY, "lamina");
/** What the script itself is made of; the tools that it checks are put beside them one by one. */
const BASICS = ["bash", "env", "dirname", "readlink", "cat", "sed", "uname", "id", "mkdir"];

let tools: string;

beforeEach(() => {
  tools = mkdtempSync(join(tmpdir(), "lamina-tools-"));
  for (const name of BASICS) symlinkSync(execFileSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(), join(tools, name));
});

afterEach(() => rmSync(tools, { recursive: true }));

function tool(name: string, prints: string): void {
  writeFileSync(join(tools, name), `#!/bin/sh\necho '${prints}'\n`);
  chmodSync(join(tools, name), 0o755);
}

function run(...words: string[]) {
  return spawnSync(SCRIPT, words, { cwd: "/", env: { PATH: tools }, encoding: "utf8" });
}

function allTools(): void {
  tool("git", "git version 2");
  tool("npm", "11");
  tool("node", "v20.19.0");
  tool("go", "go1.26.0");
  tool("python3", "");
}

test("help and version need no tool, and work through a link", () => {
  expect(run("--help").stdout).toContain("Usage: ./lamina COMMAND");
  expect(run("up", "--help").stdout).toBe(readFileSync(join(REPOSITORY, "apps/cli/help/up.txt"), "utf8"));
  expect(run("help", "logs").stdout).toContain("Usage: ./lamina logs");
  expect(run("--version").stdout).toMatch(/^lamina [0-9]+\.[0-9]+\.[0-9]+\n$/);
  symlinkSync(SCRIPT, join(tools, "lamina"));
  expect(spawnSync(join(tools, "lamina"), ["--version"], { env: { PATH: tools }, encoding: "utf8" }).stdout).toMatch(/^lamina /);
});

test("everything that is missing is told in one line, with the remedy", () => {
  const { status, stderr } = run("up");
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  for (const name of ["git", "Node >= 20.19", "npm", "Go >= 1.26", "Python 3 with venv and pip"]) expect(stderr).toContain(name);
  expect(stderr).toContain("Install and run ./lamina again.");
});

test.each([
  ["node", "v20.18.3", "Node >= 20.19 (found 20.18.3"],
  ["node", "v18.20.0", "Node >= 20.19 (found 18.20.0"],
  ["go", "go1.25.9", "Go >= 1.26 (found 1.25.9"],
  ["go", "go1.9", "Go >= 1.26 (found 1.9"],
])("%s %s is too old", (name, prints, told) => {
  allTools();
  tool(name, prints);
  const { status, stderr } = run("up");
  expect(status).toBe(1);
  expect(stderr).toContain(`missing: ${told}`);
});

test("Python without venv is told", () => {
  allTools();
  writeFileSync(join(tools, "python3"), "#!/bin/sh\nexit 1\n");
  expect(run("up").stderr).toContain("missing: Python's venv and pip modules (apt install python3-venv python3-pip)");
});

test("another system is refused by name", () => {
  rmSync(join(tools, "uname"));
  tool("uname", "Darwin");
  expect(run("up").stderr).toContain("this runs on Linux; found Darwin");
});

test("an unknown command is told with exit code 2", () => {
  const { status, stderr } = spawnSync(SCRIPT, ["dwon"], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toBe('lamina: no command "dwon". ./lamina --help lists them.\n');
});
