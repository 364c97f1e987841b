import type { CliContext } from "../context.ts";
import { formatTable } from "../network/table.ts";
import { readEnvFile } from "../state/env-file.ts";
import { locateHome } from "../state/locate-home.ts";
import type { NetworkRecord } from "../state/network-record.ts";
import { readNetworkRecord } from "../state/network-record.ts";
import { ownProcesses } from "../supervise/own-processes.ts";
import type { ProcessStatus } from "../supervise/supervised-process.ts";
import { livingSupervisor } from "../supervise/supervisor-file.ts";

/** What `status --json` prints. Keys and passwords are left out. */
export interface NetworkStatus {
  readonly home: string;
  /** `absent`: no network was made here; `orphaned`: processes live, their supervisor does not. */
  readonly state: "absent" | "down" | "starting" | "up" | "stopping" | "orphaned";
  readonly network: NetworkRecord | undefined;
  readonly supervisorPid: number | undefined;
  readonly processes: readonly ProcessStatus[];
  /** Pids that live, whatever the supervisor last wrote. */
  readonly livingPids: readonly number[];
  readonly urls: Readonly<Record<string, string>>;
}

export async function status(options: { readonly home: string | undefined; readonly json: boolean }, context: CliContext): Promise<number> {
  const found = await networkStatus(context, options.home);
  context.report.answer(options.json ? JSON.stringify(found, undefined, 2) : describe(found));
  return found.state === "up" ? 0 : 1;
}

export async function networkStatus(context: CliContext, home: string | undefined): Promise<NetworkStatus> {
  const { env } = context;
  const folder = locateHome(context, home);
  const network = await readNetworkRecord(env, folder);
  const nothing = { home: folder.home, network, supervisorPid: undefined, processes: [], livingPids: [], urls: {} };
  if (network === undefined) return { ...nothing, state: "absent" };
  const [supervisor, own, urls] = await Promise.all([
    livingSupervisor(env, folder),
    ownProcesses(env, folder, network.networkId),
    publicUrls(context, home),
  ]);
  const livingPids = own.map(({ pid }) => pid);
  if (supervisor === undefined) return { ...nothing, state: own.length > 0 ? "orphaned" : "down", livingPids };
  return { ...nothing, state: supervisor.phase, supervisorPid: supervisor.identity.pid, processes: supervisor.processes, livingPids, urls };
}

async function publicUrls(context: CliContext, home: string | undefined): Promise<Record<string, string>> {
  const values = await readEnvFile(context.env, locateHome(context, home));
  const shown = Object.entries(values).filter(([name]) => name.endsWith("_URL") && name !== "DATABASE_URL");
  return Object.fromEntries(shown);
}

function describe({ home, state, network, supervisorPid, processes, livingPids, urls }: NetworkStatus): string {
  const lines = [`${home}: ${state}`];
  if (network !== undefined)
    lines.push(`chain ${network.chainId}, ${network.validators} validators, ${network.workers} workers, ports from ${network.portBase}`);
  if (supervisorPid !== undefined) lines.push(`supervisor: process ${supervisorPid}`);
  if (state === "orphaned") lines.push(`left behind: processes ${livingPids.join(", ")}; ./lamina down ends them`);
  if (processes.length > 0) {
    const rows = processes.map((each) => [each.name, each.state, `${each.pid ?? "-"}`, `${each.restarts}`, each.lastExit ?? "-"]);
    lines.push("", formatTable(["process", "state", "pid", "restarts", "last end"], rows));
  }
  for (const [name, url] of Object.entries(urls)) lines.push(`${name}=${url}`);
  return lines.join("\n");
}
