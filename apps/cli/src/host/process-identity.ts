import type { Env } from "@lamina/primitives";
import { decodeUtf8, FileError } from "@lamina/primitives";

/**
 * Names one process of one boot for ever: a pid alone is given again to a stranger after its process ended. `startTicks` is the start time of
 * /proc/PID/stat (clock ticks since boot).
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly state: string;
  /** Pid of the process that opened its session; a child started `detached` opens its own. */
  readonly session: number;
  readonly startTicks: string;
}

type Files = Pick<Env, "files">;

/** Undefined where no such process lives; a zombie is not alive. */
export async function identify(env: Files, pid: number): Promise<ProcessIdentity | undefined> {
  const facts = await processFacts(env, pid);
  return facts === undefined ? undefined : { pid, startTicks: facts.startTicks, bootId: await bootId(env) };
}

export async function isAlive(env: Files, identity: ProcessIdentity): Promise<boolean> {
  const found = await identify(env, identity.pid);
  return found !== undefined && found.startTicks === identity.startTicks && found.bootId === identity.bootId;
}

export async function processFacts(env: Files, pid: number): Promise<ProcessFacts | undefined> {
  const line = await readProc(env, `/proc/${pid}/stat`);
  if (line === undefined) return undefined;
  const facts = { pid, ...parseProcStat(line) };
  return facts.state === "Z" || facts.state === "X" ? undefined : facts;
}

/** Reads a /proc/PID/stat line. The name in parentheses may itself hold spaces and parentheses (proc_pid_stat(5)). */
export function parseProcStat(line: string): Omit<ProcessFacts, "pid"> {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, session, startTicks] = [fields[0], fields[3], fields[19]];
  if (state === undefined || session === undefined || startTicks === undefined) {
    throw new Error(`expected 22 fields in /proc/PID/stat, found ${JSON.stringify(line)}`);
  }
  return { state, session: Number(session), startTicks };
}

/** A process' environment as it was given at its start; undefined where it is gone or belongs to somebody whose environment we may not read. */
export async function environmentOf(env: Files, pid: number): Promise<string[] | undefined> {
  const text = await readProc(env, `/proc/${pid}/environ`);
  return text?.split("\0").filter((entry) => entry !== "");
}

/** Command line of a process, arguments joined by spaces. */
export async function commandLineOf(env: Files, pid: number): Promise<string | undefined> {
  const text = await readProc(env, `/proc/${pid}/cmdline`);
  return text?.split("\0").join(" ").trim();
}

export async function allPids(env: Files): Promise<number[]> {
  return (await env.files.readdir("/proc")).filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

export async function bootId(env: Files): Promise<string> {
  return decodeUtf8(await env.files.readFile("/proc/sys/kernel/random/boot_id")).trim();
}

/** A process may end between any two reads: every failure to read its files means that it is gone, or is not ours to see. */
async function readProc(env: Files, path: string): Promise<string | undefined> {
  try {
    // Command lines and environments are bytes of any encoding: what is not UTF-8 is shown replaced.
    return new TextDecoder().decode(await env.files.readFile(path));
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}
