import { join } from "node:path";

/** Names of everything in a state folder (`.lamina` where `--home` says nothing else). */
export interface StateFolder {
  readonly home: string;
  /** What this network is; see `network-record.ts`. */
  readonly networkFile: string;
  /** Where to reach it and with which key, as shell assignments; 0600. */
  readonly envFile: string;
  /** Trust anchor for receipts. */
  readonly checkpointFile: string;
  readonly keys: string;
  readonly logs: string;
  /** Records of running processes. */
  readonly run: string;
  readonly supervisorFile: string;
  /** Progress of a detached supervisor. */
  readonly upLog: string;
  readonly postgresFolder: string;
  readonly natsFolder: string;
  /** Names of the workers that have served before. */
  readonly bornWorkersFile: string;
  /** Everything of one app's own. */
  appFolder(name: string): string;
  /** Holds the nodes' homes, which `laminad devnet init` names. */
  readonly chain: string;
  chainHome(validator: number): string;
  logFile(processName: string): string;
  processFile(processName: string): string;
  keyFile(name: string): string;
}

export function stateFolderAt(home: string): StateFolder {
  const at = (...parts: string[]) => join(home, ...parts);
  return {
    home,
    networkFile: at("network.json"),
    envFile: at("env"),
    checkpointFile: at("checkpoint.json"),
    keys: at("keys"),
    logs: at("logs"),
    run: at("run"),
    supervisorFile: at("run", "supervisor.json"),
    upLog: at("logs", "up.log"),
    postgresFolder: at("postgres"),
    natsFolder: at("nats"),
    bornWorkersFile: at("born-workers.json"),
    appFolder: (name) => at("apps", name),
    chain: at("chain"),
    chainHome: (validator) => at("chain", `node${validator}`),
    logFile: (processName) => at("logs", `${processName}.log`),
    processFile: (processName) => at("run", `${processName}.process.json`),
    keyFile: (name) => at("keys", name),
  };
}
