import { Agent, request } from "node:http";

export interface LoadOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Each has one request under way at all times. */
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** Of the requests that ended inside the measured time. Latencies in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  /** Those of the warm-up as well, failed or not. */
  readonly sent: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Statuses of failures, with how often. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** A closed loop: every connection sends its next request when the answer to the last one is whole. */
export async function applyLoad(options: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const startMs = performance.now() + options.warmUpMs;
  const endMs = startMs + options.durationMs;
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  let sent = 0;
  const loop = async () => {
    for (let now = performance.now(); now < endMs; ) {
      const before = now;
      const status = await send(agent, options);
      sent++;
      now = performance.now();
      if (now < startMs || now > endMs) continue;
      if (status === 200) latencies.push(now - before);
      else statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, loop));
  agent.destroy();
  latencies.sort((left, right) => left - right);
  const failures = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  const at = (share: number) => round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN);
  const perSecond = round(latencies.length / (options.durationMs / 1000));
  return { requests: latencies.length, sent, failures, perSecond, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), statuses };
}

function send(agent: Agent, { url, headers, body }: LoadOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent,
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    outgoing.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
