import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { applyLoad, type LoadResult, round } from "./load.ts";
import { modelFile } from "./model-file.ts";
import type { NetworkProcess } from "./network.ts";
import { startMlServer } from "./peers.ts";
import { difference, microsPerRequest, type Spent, spentBy } from "./processor-time.ts";
import { SUBJECTS, type Subject } from "./subject.ts";

const CONNECTIONS = [1, 16];
const SESSIONS = 1;
/** How long the network is left alone to see what it takes by itself. */
const IDLE_MS = 3_000;

/** One server, model and number of connections; `ratio` is its throughput over the bare server's. */
export interface ServingRow extends LoadResult {
  readonly server: "lamina" | "bare node" | "mlserver";
  readonly model: string;
  readonly connections: number;
  readonly ratio: number;
  /** Added to the bare server's p50. */
  readonly addedP50Ms: number;
  /** Processor microseconds a request of each process of ours, all its children included. */
  readonly processorMicros: Readonly<Record<string, number>>;
}

export interface ServingOptions {
  readonly gatewayUrl: string;
  readonly apiKey: string;
  readonly durationMs: number;
  /** What runs behind the gateway. */
  readonly processes: readonly NetworkProcess[];
}

/** Ours against a bare server with as many sessions, and against MLServer where its environment is there: turn by turn in one run. */
export async function benchServing(options: ServingOptions): Promise<ServingRow[]> {
  const rows: ServingRow[] = [];
  const idle = await spentWhileIdle(options.processes);
  for (const subject of SUBJECTS) {
    const bare = await startBare(subject);
    const peer = await startMlServer(subject);
    try {
      for (const connections of CONNECTIONS) {
        const load = (url: string, headers: Record<string, string>) =>
          applyLoad({ url, headers, body: subject.body, connections, warmUpMs: 2_000, durationMs: options.durationMs });
        const base = await load(bare.url, {});
        const beforeMs = performance.now();
        const before = spentBy(options.processes);
        const own = await load(`${options.gatewayUrl}/v2/models/${subject.model}/infer`, { authorization: `Bearer ${options.apiKey}` });
        const share = { requests: own.sent, idleShare: (performance.now() - beforeMs) / IDLE_MS };
        const micros = microsPerRequest(before, spentBy(options.processes), idle, share);
        rows.push(row("bare node", subject, connections, base, base), row("lamina", subject, connections, own, base, micros));
        if (peer !== undefined) rows.push(row("mlserver", subject, connections, await load(peer.url, {}), base));
      }
    } finally {
      bare.stop();
      peer?.stop();
    }
  }
  return rows;
}

async function spentWhileIdle(processes: readonly NetworkProcess[]): Promise<Spent> {
  const before = spentBy(processes);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return difference(before, spentBy(processes));
}

function row(
  server: ServingRow["server"],
  { model }: Subject,
  connections: number,
  result: LoadResult,
  base: LoadResult,
  micros?: Spent,
): ServingRow {
  const ratios = { ratio: round(result.perSecond / base.perSecond), addedP50Ms: round(result.p50Ms - base.p50Ms) };
  return { server, model, connections, ...result, ...ratios, processorMicros: Object.fromEntries(micros ?? []) };
}

async function startBare({ model }: Subject): Promise<{ url: string; stop(): void }> {
  const script = fileURLToPath(new URL("./bare-server.ts", import.meta.url));
  const child = spawn(process.execPath, [script, modelFile(model), `${SESSIONS}`], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await firstLine(child);
  return { url: `http://127.0.0.1:${port}/`, stop: () => void child.kill("SIGTERM") };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const { stdout } = child;
    if (stdout === null) return reject(new Error("the bare server has no standard output"));
    createInterface({ input: stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the bare server ended with ${code}`)));
  });
}
