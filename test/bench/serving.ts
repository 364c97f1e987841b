import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { applyLoad, type LoadResult, round } from "./load.ts";
import { modelFile } from "./model-file.ts";
import { startMlServer } from "./peers.ts";
import { SUBJECTS, type Subject } from "./subject.ts";

const CONNECTIONS = [1, 16];
const SESSIONS = 1;

/** One server, model and number of connections; `ratio` is its throughput over the bare server's. */
export interface ServingRow extends LoadResult {
  readonly server: "lamina" | "bare node" | "mlserver";
  readonly model: string;
  readonly connections: number;
  readonly ratio: number;
  /** Added to the bare server's p50. */
  readonly addedP50Ms: number;
}

export interface ServingOptions {
  readonly gatewayUrl: string;
  readonly apiKey: string;
  readonly durationMs: number;
}

/** Ours against a bare server with as many sessions, and against MLServer where its environment is there: turn by turn in one run. */
export async function benchServing(options: ServingOptions): Promise<ServingRow[]> {
  const rows: ServingRow[] = [];
  for (const subject of SUBJECTS) {
    const bare = await startBare(subject);
    const peer = await startMlServer(subject);
    try {
      for (const connections of CONNECTIONS) {
        const load = (url: string, headers: Record<string, string>) =>
          applyLoad({ url, headers, body: subject.body, connections, warmUpMs: 2_000, durationMs: options.durationMs });
        const base = await load(bare.url, {});
        const own = await load(`${options.gatewayUrl}/v2/models/${subject.model}/infer`, { authorization: `Bearer ${options.apiKey}` });
        rows.push(row("bare node", subject, connections, base, base), row("lamina", subject, connections, own, base));
        if (peer !== undefined) rows.push(row("mlserver", subject, connections, await load(peer.url, {}), base));
      }
    } finally {
      bare.stop();
      peer?.stop();
    }
  }
  return rows;
}

function row(server: ServingRow["server"], { model }: Subject, connections: number, result: LoadResult, base: LoadResult): ServingRow {
  return { server, model, connections, ...result, ratio: round(result.perSecond / base.perSecond), addedP50Ms: round(result.p50Ms - base.p50Ms) };
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
