import type { Env } from "@lamina/primitives";
import { decodeUtf8 } from "@lamina/primitives";
import type { Readiness } from "../plan/process-plan.ts";
import { isRecord } from "../state/json-file.ts";

const PROBE_TIMEOUT_MS = 2_000;

export interface ReadinessDependencies {
  readonly env: Pick<Env, "fetch" | "timers" | "files">;
  /** True where a database answers at `url`. */
  readonly databaseAnswers: (url: string) => Promise<boolean>;
}

/** One look at whether a process serves. Never throws: not answering is an answer. */
export async function isReady(readiness: Readiness, dependencies: ReadinessDependencies): Promise<boolean> {
  switch (readiness.kind) {
    case "running":
      return true;
    case "http":
      return (await getText(readiness.url, dependencies.env)) !== undefined;
    case "chain":
      return hasCommitted(await getText(`${readiness.rpcUrl}/status`, dependencies.env));
    case "postgres":
      return dependencies.databaseAnswers(decodeUtf8(await dependencies.env.files.readFile(readiness.urlFile)).trim());
  }
}

/** Tells from CometBFT's `/status` whether the node has committed a block. */
export function hasCommitted(status: string | undefined): boolean {
  if (status === undefined) return false;
  const parsed = parseJson(status);
  const result = isRecord(parsed) && isRecord(parsed["result"]) ? parsed["result"] : {};
  const syncInfo = isRecord(result["sync_info"]) ? result["sync_info"] : {};
  return Number(syncInfo["latest_block_height"] ?? 0) >= 1;
}

async function getText(url: string, env: Pick<Env, "fetch" | "timers">): Promise<string | undefined> {
  const abort = new AbortController();
  const timer = env.timers.setTimeout(() => abort.abort(), PROBE_TIMEOUT_MS);
  try {
    const response = await env.fetch(url, { signal: abort.signal });
    const text = await response.text();
    return response.status === 200 ? text : undefined;
  } catch {
    // Refused, reset or too slow: not ready yet. Why it never becomes ready is in the log of the process.
    return undefined;
  } finally {
    env.timers.clearTimeout(timer);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever answers there is no CometBFT.
    return undefined;
  }
}
