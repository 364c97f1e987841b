import { spawn } from "node:child_process";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { listeningPorts } from "../host/listening-ports.ts";
import { PORTS_PER_NETWORK } from "../plan/ports.ts";

export const REPOSITORY = join(import.meta.dirname, "..", "..", "..", "..");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `./lamina` with what is built already, from a folder that has nothing to do with it. `through`: a program that runs it in turn, with that
 * program's own arguments.
 */
export function lamina(args: readonly string[], environment: Readonly<Record<string, string>> = {}, through: readonly string[] = []): Promise<Ended> {
  const [command = "", ...words] = [...through, join(REPOSITORY, "lamina"), ...args];
  const child = spawn(command, words, {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/", LAMINA_PREBUILT: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

/** A base above which the ports of `networks` networks are free. */
export async function freePortBase(networks = 1): Promise<number> {
  const taken = [...(await listeningPorts(nodeEnv())).keys()];
  // Test files run at the same time start their search at different places.
  const first = 12_000 + (process.pid % 40) * PORTS_PER_NETWORK;
  for (let base = first; base < 32_000; base += PORTS_PER_NETWORK) {
    const end = base + networks * PORTS_PER_NETWORK;
    if (end < 32_768 && !taken.some((port) => port >= base && port < end)) return base;
  }
  throw new Error(`no ${networks * PORTS_PER_NETWORK} free ports from ${first}`);
}
