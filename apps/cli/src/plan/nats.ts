import { join } from "node:path";
import { baseEnvironment } from "./base-environment.ts";
import type { NetworkInputs } from "./network-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

export const NATS_CONFIG = "nats-server.conf";

/** The NATS server with JetStream, from the configuration that `prepareNats` rendered. */
export function planNats({ checkout, folder, ports }: NetworkInputs): ProcessPlan {
  return {
    name: "nats",
    command: checkout.natsServer,
    args: ["--config", join(folder.natsFolder, NATS_CONFIG)],
    env: baseEnvironment(folder.natsFolder),
    cwd: folder.natsFolder,
    ports: [
      { port: ports.nats, purpose: "clients" },
      { port: ports.natsMonitor, purpose: "monitoring" },
    ],
    // `js-enabled-only` answers 200 once JetStream takes writes.
    readiness: { kind: "http", url: `http://127.0.0.1:${ports.natsMonitor}/healthz?js-enabled-only=true` },
    readyTimeoutMs: 60_000,
    after: [],
    // SIGTERM stops at once; SIGUSR2 would be the slow lame-duck shutdown, for servers with peers to move clients to.
    stopSignal: "SIGTERM",
    stopGraceMs: 10_000,
  };
}
