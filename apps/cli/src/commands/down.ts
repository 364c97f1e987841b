import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { isAlive } from "../host/process-identity.ts";
import { locateHome } from "../state/locate-home.ts";
import { readNetworkRecord } from "../state/network-record.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { reap } from "../supervise/reap.ts";
import type { SupervisorFile } from "../supervise/supervisor-file.ts";
import { claimFolder, livingSupervisor, SupervisorJournal } from "../supervise/supervisor-file.ts";

/** Longer than the graces of all processes together, as they are stopped one after the other. */
const SUPERVISOR_GRACE_MS = 120_000;
const POLL_MS = 100;

export interface DownOptions {
  readonly home: string | undefined;
  /** Ends only what has no supervisor any more: what the guard asks for. */
  readonly orphansOnly: boolean;
}

/** Ends a network's processes, whether their supervisor lives or not. Nothing running is a success. */
export async function down(options: DownOptions, context: CliContext): Promise<number> {
  const folder = locateHome(context, options.home);
  const record = await readNetworkRecord(context.env, folder);
  if (record === undefined) {
    context.report.answer(`no network in ${folder.home}: nothing to end`);
    return 0;
  }
  const ended = await endNetwork(context, folder, record.networkId, options.orphansOnly);
  context.report.answer(
    ended === 0 ? `nothing ran in ${folder.home}` : `ended ${ended} processes of the network in ${folder.home}; its state is kept`,
  );
  return 0;
}

/** How many processes were ended, the supervisor not counted. */
export async function endNetwork(context: CliContext, folder: StateFolder, networkId: string, orphansOnly: boolean): Promise<number> {
  const { env } = context;
  const supervisor = await livingSupervisor(env, folder);
  if (supervisor !== undefined) {
    if (orphansOnly) return 0;
    await endSupervisor(context, supervisor);
  }
  await env.files.mkdir(folder.run);
  // Whoever starts the network now would have its processes taken for orphans: hold the folder meanwhile.
  if (!(await claimFolder(env, folder, context.pid))) {
    throw new CliError("ALREADY_RUNNING", `another command holds ${folder.home} just now`, "Repeat when it has ended.");
  }
  const claimed = await livingSupervisor(env, folder);
  if (claimed === undefined) throw new Error(`${folder.supervisorFile} was lost while held`);
  const journal = new SupervisorJournal(env, folder, claimed.identity);
  journal.enter("stopping");
  try {
    const orphans = await reap(context, folder, networkId);
    return orphans.length + (supervisor?.processes.filter(({ state }) => state !== "stopped").length ?? 0);
  } finally {
    await journal.settled();
    await env.files.remove(folder.supervisorFile);
  }
}

async function endSupervisor(context: CliContext, { identity }: SupervisorFile): Promise<void> {
  const { env, signals, report } = context;
  report.progress(`stopping the supervisor (process ${identity.pid})`);
  signals.send(identity.pid, "SIGTERM");
  const deadline = env.clock.monotonicMs() + SUPERVISOR_GRACE_MS;
  while (await isAlive(env, identity)) {
    if (env.clock.monotonicMs() > deadline) signals.send(identity.pid, "SIGKILL");
    await env.timers.sleep(POLL_MS);
  }
}
