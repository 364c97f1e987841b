import { dirname } from "node:path";
import type { Env } from "@lamina/primitives";
import { FileError } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import type { ProcessPlan } from "../plan/process-plan.ts";
import { listeningPorts, socketOwner } from "./listening-ports.ts";

/** Room for a network's start: Postgres and JetStream preallocate, the chain grows. */
export const FREE_BYTES_MIN = 1024 ** 3;

type Files = Pick<Env, "files">;

/** Creates `home` (0700) where it is missing and proves that files can be written there; `NOT_WRITABLE` or `DISK_FULL` otherwise. */
export async function checkHome(env: Files, home: string): Promise<void> {
  try {
    await env.files.mkdir(home);
    const probe = `${home}/.write-probe`;
    await env.files.writeFileAtomic(probe, new Uint8Array(1));
    await env.files.remove(probe);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.code === "FILE_NO_SPACE") throw diskFull(home, 0, error);
    const reason = error.code === "FILE_EXISTS" ? "it is not a folder" : error.details.reason;
    throw new CliError("NOT_WRITABLE", `cannot write the state folder ${home}: ${reason}`, "Choose another with --home DIR, or make it yours.", {
      cause: error,
    });
  }
  const free = await env.files.freeBytes(home);
  if (free < FREE_BYTES_MIN) throw diskFull(home, free);
}

/** Throws `PORT_TAKEN`, naming the port, what needs it, and who has it, where any planned port is in use. */
export async function checkPorts(env: Files, plans: readonly ProcessPlan[]): Promise<void> {
  const listening = await listeningPorts(env);
  for (const plan of plans) {
    for (const { port, purpose } of plan.ports) {
      const inode = listening.get(port);
      if (inode === undefined) continue;
      const owner = await socketOwner(env, inode);
      const holder = owner === undefined ? "a process of another user" : `process ${owner.pid} (${owner.commandLine.slice(0, 80)})`;
      throw new CliError(
        "PORT_TAKEN",
        `port ${port}, which ${plan.name} needs for ${purpose}, is taken by ${holder}`,
        "End that process, or put the network elsewhere with --port-base N.",
      );
    }
  }
}

/** `NOT_BUILT` where a program is missing. */
export async function checkPrograms(env: Files, programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    if ((await env.files.stat(program)) !== undefined) continue;
    throw new CliError(
      "NOT_BUILT",
      `${program} does not exist`,
      `Run ./lamina up in the checkout: it builds what is missing (folder ${dirname(program)}).`,
    );
  }
}

function diskFull(home: string, freeBytes: number, cause?: unknown): CliError {
  const [needed, found] = [FREE_BYTES_MIN, freeBytes].map((bytes) => `${Math.floor(bytes / 1024 ** 2)} MiB`);
  return new CliError(
    "DISK_FULL",
    `a network needs ${needed} free under ${home}, found ${found}`,
    "Free some space, or choose another disk with --home DIR.",
    { cause },
  );
}
