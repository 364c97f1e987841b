import { CliError } from "../cli-error.ts";
import type { UpCommand } from "../command-line.ts";
import type { CliContext } from "../context.ts";
import { checkHome } from "../host/preconditions.ts";
import { identify } from "../host/process-identity.ts";
import { bringUp } from "../network/bring-up.ts";
import { openNetwork } from "../network/open-network.ts";
import { databaseAnswers } from "../postgres/database.ts";
import { locateHome } from "../state/locate-home.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { startGuard } from "../supervise/guard.ts";
import { reap } from "../supervise/reap.ts";
import { Supervisor } from "../supervise/supervisor.ts";
import { claimFolder, livingSupervisor, SupervisorJournal } from "../supervise/supervisor-file.ts";
import { detach } from "./detach.ts";

const WAIT_FOR_STOPPING_MS = 60_000;
const POLL_MS = 200;

/** Runs a network until it is interrupted, or until its table is printed. Answers the exit code. */
export async function up(command: UpCommand, context: CliContext): Promise<number> {
  const folder = locateHome(context, command.home);
  await checkHome(context.env, folder.home);
  for (const each of [folder.run, folder.logs]) await context.env.files.mkdir(each);
  if (command.detach) return detach(command, context, folder);
  await claim(context, folder);
  try {
    return await superviseNetwork(command, context, folder);
  } finally {
    await context.env.files.remove(folder.supervisorFile);
  }
}

async function superviseNetwork(command: UpCommand, context: CliContext, folder: StateFolder): Promise<number> {
  const { env, report, interrupted } = context;
  const { inputs, externalUrl } = await openNetwork(context, folder, command);
  const { networkId } = inputs.record;
  const reaped = await reap(context, folder, networkId);
  if (reaped.length > 0) report.progress(`ended what an earlier run left behind: ${reaped.join(", ")}`);
  const identity = await identify(env, context.pid);
  if (identity === undefined) throw new Error(`/proc does not know this process (${context.pid})`);
  const journal = new SupervisorJournal(env, folder, identity);
  const supervisor: Supervisor = new Supervisor(
    { folder, networkId, onChange: () => journal.note(supervisor.statuses) },
    { ...context, databaseAnswers },
  );
  const guard = startGuard(env, context.checkout, folder);
  const ending = new AbortController();
  try {
    const isVerified = await bringUp(context, inputs, supervisor, {
      externalUrl,
      mayPrintKey: !command.isDetached,
      signal: interrupted,
      ending: ending.signal,
    });
    if (command.once) return isVerified ? 0 : 1;
    journal.enter("up");
    report.progress(`the network is up; Ctrl-C or ./lamina down --home ${folder.home} ends it`);
    await untilInterrupted(interrupted);
    return 0;
  } catch (error) {
    if (!interrupted.aborted) throw error;
    return 130;
  } finally {
    ending.abort(new Error("stopping"));
    journal.enter("stopping");
    report.progress("stopping");
    await supervisor.stop();
    await journal.settled();
    guard.kill("SIGTERM");
  }
}

/** Takes the state folder; waits for one that is just being left, and throws `ALREADY_RUNNING` for one in use. */
async function claim(context: CliContext, folder: StateFolder): Promise<void> {
  const { env } = context;
  const deadline = env.clock.monotonicMs() + WAIT_FOR_STOPPING_MS;
  while (!(await claimFolder(env, folder, context.pid))) {
    const other = await livingSupervisor(env, folder);
    if (other === undefined) continue;
    if (other.phase !== "stopping" || env.clock.monotonicMs() > deadline) {
      throw new CliError(
        "ALREADY_RUNNING",
        `a network already runs in ${folder.home} (process ${other.identity.pid}, ${other.phase})`,
        `See ./lamina status, end it with ./lamina down, or run another one with --home and --port-base.`,
      );
    }
    await env.timers.sleep(POLL_MS);
  }
}

function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
