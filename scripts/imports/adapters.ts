export type Capability = "clock" | "timers" | "randomness" | "files" | "network" | "processes" | "environment" | "drivers";

export interface Adapter {
  readonly may: readonly Capability[];
  readonly why: string;
}

/**
 * The only product files that touch the world by themselves; all others go through `Env` or through one of these. An entry ending in `/` covers a
 * folder. Keep the list short: each line here is a place that a seeded simulation cannot reach.
 */
export const ADAPTERS: Readonly<Record<string, Adapter>> = {
  "packages/primitives/src/node/": {
    may: ["clock", "timers", "randomness", "files", "network", "processes", "environment"],
    why: "makes Env from Node",
  },
  "apps/cli/src/host/signals.ts": { may: ["processes"], why: "signals processes that an earlier run left behind" },
  "apps/indexer/src/api/server.ts": { may: ["drivers"], why: "the index's HTTP listener" },
  "apps/gateway/src/admin/admin-server.ts": { may: ["drivers"], why: "the administrator's listener, over fastify" },
  "apps/gateway/src/jobs/send-turn.ts": { may: ["timers"], why: "joins what leaves for the bus in one turn of the event loop" },
  "apps/gateway/src/http/http-server.ts": { may: ["drivers"], why: "the public listener, over fastify" },
  "apps/cli/src/postgres/database.ts": { may: ["drivers"], why: "asks whether a database answers and is ours" },
  "packages/db/src/postgres/": { may: ["drivers"], why: "pools of connections to Postgres, by hand and under drizzle" },
  "apps/worker/src/log/state-lock.ts": { may: ["network"], why: "holds the data folder by a name among local sockets" },
  "apps/worker/src/metrics/http-listener.ts": { may: ["network"], why: "serves metrics and health on loopback" },
  "packages/inference/src/child/main.ts": { may: ["environment"], why: "the entry of the model's own process" },
  "packages/inference/src/child/orphan-guard.ts": { may: ["processes"], why: "a thread that ends the process with its parent" },
  "packages/inference/src/child/pipe.ts": { may: ["files"], why: "blocking reads of the inherited pipe" },
  "packages/inference/src/onnxruntime.ts": { may: ["drivers"], why: "onnxruntime behind the port InferenceRuntime" },
  "apps/sequencer/src/http/status-server.ts": { may: ["network"], why: "listens for metrics and health" },
  "packages/chain-client/src/cosmjs-adapter.ts": { may: ["drivers"], why: "queries and transactions over CosmJS" },
  "packages/chain-client/src/cosmjs-block.ts": { may: ["drivers"], why: "committed blocks over CosmJS" },
  "packages/chain-client/src/messages.ts": { may: ["drivers"], why: "CosmJS' list of message types; opens nothing" },
  "packages/messaging/src/nats/": { may: ["drivers"], why: "the bus and its administration over NATS" },
  "packages/primitives/src/browser/": { may: ["clock", "timers", "randomness", "network"], why: "makes Env from a browser" },
  "packages/sdk/src/node/lamina-verify.ts": { may: ["environment"], why: "the entry of lamina-verify.mjs" },
  "packages/telemetry/src/prometheus/prometheus-metrics.ts": { may: ["drivers"], why: "Prometheus behind the port Metrics" },
};

/** What may be reached in `path`; nothing for files that are no adapter. */
export function capabilitiesOf(path: string, adapters: Readonly<Record<string, Adapter>>): ReadonlySet<Capability> {
  const granted = new Set<Capability>();
  for (const [entry, adapter] of Object.entries(adapters)) {
    if (entry === path || (entry.endsWith("/") && path.startsWith(entry))) for (const each of adapter.may) granted.add(each);
  }
  // The one file of an app that sees `process`: it parses the environment and stops on a signal.
  if (/^apps\/[^/]+\/src\/main\.ts$/.test(path)) granted.add("environment");
  return granted;
}
