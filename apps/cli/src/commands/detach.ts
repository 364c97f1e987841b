import { CliError } from "../cli-error.ts";
import type { UpCommand } from "../command-line.ts";
import type { CliContext } from "../context.ts";
import { readEnvFile } from "../state/env-file.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { followLog, lastLines } from "../supervise/log-tail.ts";
import { livingSupervisor } from "../supervise/supervisor-file.ts";

const POLL_MS = 200;

/** Starts the supervisor as a process of its own, shows its progress until the network is up, and leaves it running. */
export async function detach(command: UpCommand, context: CliContext, folder: StateFolder): Promise<number> {
  const { env, checkout, interrupted } = context;
  await env.files.remove(folder.upLog);
  const child = env.spawn(checkout.node, [checkout.cliMain, ...argumentsOf(command, folder)], {
    env: context.callerEnvironment,
    cwd: folder.home,
    stdio: { stdin: "ignore", stdout: { appendTo: folder.upLog }, stderr: { appendTo: folder.upLog } },
    detached: true,
  });
  const done = new AbortController();
  const shown = followLog(env, folder.upLog, 0, done.signal, (bytes) => context.report.raw(bytes));
  let hasEnded = false;
  const ended = child.exited.then((exit) => {
    hasEnded = true;
    return exit;
  });
  while (!hasEnded && !interrupted.aborted && !(await isUp(context, folder, child.pid))) await env.timers.sleep(POLL_MS);
  await env.timers.sleep(POLL_MS);
  done.abort(new Error("done"));
  await shown;
  if (interrupted.aborted) child.kill("SIGTERM");
  if (!hasEnded && !interrupted.aborted) {
    child.unref();
    context.report.answer(`API_KEY=${(await readEnvFile(env, folder))["API_KEY"]}`);
    return 0;
  }
  const exit = await ended;
  if (interrupted.aborted) return 130;
  const last = (await lastLines(env, folder.upLog, 1))[0];
  if (last?.startsWith("lamina: ")) return exit.code ?? 1;
  throw new CliError("PROCESS_FAILED", `the supervisor ended (${exit.signal ?? `exit code ${exit.code}`})`, `See ${folder.upLog}.`);
}

async function isUp(context: CliContext, folder: StateFolder, pid: number | undefined): Promise<boolean> {
  const supervisor = await livingSupervisor(context.env, folder);
  return supervisor !== undefined && supervisor.identity.pid === pid && supervisor.phase === "up";
}

function argumentsOf(command: UpCommand, folder: StateFolder): string[] {
  const numbers = { validators: command.validators, workers: command.workers, "port-base": command.portBase };
  const given = Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
  return ["up", "--is-detached", "--home", folder.home, ...given];
}
