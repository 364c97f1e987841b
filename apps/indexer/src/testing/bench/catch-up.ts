import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TestPostgres } from "@lamina/db/testing";
import { TestIndex } from "../test-index.ts";
import type { SyntheticShape } from "./synthetic-chain.ts";

export interface CatchUpFigures {
  readonly rows: number;
  readonly heights: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** Largest resident set of this process while following. */
  readonly peakMiB: number;
  /** CPU seconds of this process. */
  readonly cpuSeconds: number;
  readonly databaseBytesPerRow: number;
}

/**
 * Indexes a chain of `shape.rows` rows from its first height: over HTTP from a node in another process into a real Postgres, as an indexer that is
 * far behind does. `rows` a second count the whole, finality and payments included.
 */
export async function measureCatchUp(shape: SyntheticShape): Promise<CatchUpFigures> {
  const node = await startNode(shape);
  const postgres = await TestPostgres.start();
  try {
    const index = await TestIndex.open({ databaseUrl: await postgres.createDatabase(), rpcUrl: node.url, chainId: node.chainId });
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 50);
    const cpu = process.cpuUsage();
    const started = performance.now();
    await index.catchUp();
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    clearInterval(watch);
    const [size] = await index.sql<{ rows: bigint; bytes: bigint; violations: bigint }[]>`select (select count(*) from index.results) as rows,
      (select count(*) from index.violations) as violations, pg_total_relation_size('index.results') as bytes`;
    await index.close();
    if (size?.rows !== BigInt(shape.rows) || size.violations !== 0n)
      throw new Error(`expected ${shape.rows} sound rows, found ${size?.rows}, violations ${size?.violations}`);
    const figures = { rows: shape.rows, heights: node.heights, seconds, rowsPerSecond: Math.round(shape.rows / seconds) };
    const costs = {
      peakMiB: Math.round(peak / 2 ** 20),
      cpuSeconds: (user + system) / 1e6,
      databaseBytesPerRow: Math.round(Number(size.bytes) / shape.rows),
    };
    return { ...figures, ...costs };
  } finally {
    node.stop();
    await postgres.stop();
  }
}

async function startNode(shape: SyntheticShape): Promise<{ url: string; chainId: string; heights: number; stop: () => void }> {
  const args = [shape.rows, shape.rowsPerBlock, shape.workers, shape.lanes].map(String);
  const main = fileURLToPath(new URL("synthetic-node.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=lamina-source", main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("\n")) resolve(output);
    });
    child.once("exit", (code) => reject(new Error(`the bench's node ended with ${code}`)));
  });
  return { ...(JSON.parse(line) as { url: string; chainId: string; heights: number }), stop: () => void child.kill() };
}
