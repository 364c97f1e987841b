import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("./gateway-process.ts", import.meta.url));

export interface GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number | undefined;
  /** What it wrote to its log so far. */
  log(): string;
  /** Resolves with its signal or code once it ended. */
  readonly ended: Promise<string>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts gateway-process.ts from source. */
export async function spawnGatewayProcess(environment: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=lamina-source", "--no-warnings", ENTRY], {
    env: { ...environment, PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = once(child, "exit").then(([code, signal]) => String(signal ?? code));
  if (child.stdout === null) throw new Error("expected a pipe");
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    ended.then((how) => Promise.reject(new Error(`the gateway ended (${how}): ${log}`))),
  ]);
  const { port, adminPort } = JSON.parse(first) as { port: number; adminPort: number };
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    pid: child.pid,
    log: () => log,
    ended,
    kill: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
