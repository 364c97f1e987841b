import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePortBase } from "./free-ports.ts";
import { type Ended, runProgram } from "./run-program.ts";

export const REPOSITORY = join(import.meta.dirname, "..", "..");
const LAMINA = join(REPOSITORY, "lamina");

/** What `.lamina/env` holds. */
export interface NetworkAddresses {
  readonly GATEWAY_URL: string;
  readonly INDEX_URL: string;
  readonly API_KEY: string;
  readonly DATABASE_URL: string;
  readonly RPC_URL: string;
  readonly NATS_URL: string;
}

export interface NetworkOptions {
  readonly validators?: number;
  readonly workers?: number;
}

/** A whole devnet of real processes, in a state folder of its own. */
export interface RunningNetwork {
  readonly home: string;
  readonly portBase: number;
  readonly addresses: NetworkAddresses;
  /** Path of the network's own trust anchor. */
  readonly checkpointFile: string;
  /** Runs `./lamina` for this network. */
  lamina(...words: string[]): Promise<Ended>;
  /** Pids by process name, of what runs now. */
  processes(): Promise<ReadonlyMap<string, number>>;
  /** Ends every process of it and removes its folder. Nothing of it is left, whatever the tests did to it. */
  down(): Promise<void>;
}

/**
 * Brings up `./lamina up --detach` at free ports and waits until it is up, which includes a final and verified receipt of each model. What is built is
 * used as it is: `./lamina test` builds first. Where this process ends without `down`, in whatever way, a guard ends the network.
 */
export async function startNetwork({ validators = 1, workers = 1 }: NetworkOptions = {}): Promise<RunningNetwork> {
  const folder = mkdtempSync(join(tmpdir(), "lamina-network-"));
  const home = join(folder, "home");
  const portBase = freePortBase();
  const lamina = (...words: string[]) => runProgram(LAMINA, [...words, "--home", home], { env: environment() });
  const guard = startGuard(home);
  const down = async () => {
    const ended = await lamina("down");
    guard.kill();
    if (ended.code !== 0) throw new Error(`lamina down ended with ${ended.code}: ${ended.stderr}`);
    rmSync(folder, { recursive: true, force: true });
  };
  const counts = ["--validators", `${validators}`, "--workers", `${workers}`, "--port-base", `${portBase}`];
  const up = await lamina("up", "--detach", ...counts);
  if (up.code !== 0) {
    await down();
    throw new Error(`lamina up ended with ${up.code}:\n${up.stdout}${up.stderr}`);
  }
  const addresses = readAssignments(join(home, "env")) as unknown as NetworkAddresses;
  return { home, portBase, addresses, checkpointFile: join(home, "checkpoint.json"), lamina, processes: () => processesOf(lamina), down };
}

/** A killed test runs no handler of its own: a shell waits on a pipe from this process, and when that closes it becomes `lamina down`. */
function startGuard(home: string): ChildProcess {
  const script = 'while read -r _; do :; done; exec "$0" down --home "$1"';
  const guard = spawn("/bin/sh", ["-c", script, LAMINA, home], { env: environment(), stdio: ["pipe", "ignore", "ignore"], detached: true });
  guard.unref();
  return guard;
}

async function processesOf(lamina: RunningNetwork["lamina"]): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await lamina("status", "--json");
  const { processes } = JSON.parse(stdout) as { processes: { name: string; pid?: number }[] };
  return new Map(processes.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const])));
}

function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/", LAMINA_PREBUILT: "1" };
}

function readAssignments(path: string): Record<string, string> {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.includes("="));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), unquoted(line.slice(line.indexOf("=") + 1))]));
}

function unquoted(text: string): string {
  return text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1).replaceAll("'\\''", "'") : text;
}
