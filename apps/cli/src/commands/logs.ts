import { encodeUtf8 } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { locateHome } from "../state/locate-home.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { followLog, lastLines } from "../supervise/log-tail.ts";

export interface LogsOptions {
  readonly home: string | undefined;
  readonly name: string | undefined;
  readonly follow: boolean;
  readonly lines: number;
}

/** Prints the end of a process' log, or the names of those there are. */
export async function logs(options: LogsOptions, context: CliContext): Promise<number> {
  const { env, report } = context;
  const folder = locateHome(context, options.home);
  const names = await logNames(context, folder);
  if (options.name === undefined) {
    report.answer(names.length === 0 ? `no logs in ${folder.logs}` : names.join("\n"));
    return 0;
  }
  if (!names.includes(options.name)) {
    const known = names.length === 0 ? "there are none yet: ./lamina up starts a network" : `there are ${names.join(", ")}`;
    throw new CliError("UNKNOWN_NAME", `no log named ${JSON.stringify(options.name)} in ${folder.logs}`, `Known: ${known}.`);
  }
  const path = folder.logFile(options.name);
  const end = (await env.files.stat(path))?.sizeBytes ?? 0;
  for (const line of await lastLines(env, path, options.lines)) report.raw(encodeUtf8(`${line}\n`));
  if (options.follow) await followLog(env, path, end, context.interrupted, (bytes) => report.raw(bytes));
  return 0;
}

async function logNames(context: CliContext, folder: StateFolder): Promise<string[]> {
  if ((await context.env.files.stat(folder.logs)) === undefined) return [];
  return (await context.env.files.readdir(folder.logs)).filter((name) => name.endsWith(".log")).map((name) => name.slice(0, -".log".length));
}
