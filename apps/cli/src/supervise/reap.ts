import type { Env } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { commandLineOf } from "../host/process-identity.ts";
import type { Signals } from "../host/signals.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { OwnProcess } from "./own-processes.ts";
import { ownProcesses } from "./own-processes.ts";
import { removeProcessRecord } from "./process-record.ts";

const DEFAULT_GRACE_MS = 10_000;
const AFTER_KILL_MS = 5_000;
const POLL_MS = 50;

export interface ReapDependencies {
  readonly env: Pick<Env, "files" | "clock" | "timers">;
  readonly signals: Signals;
}

/**
 * Ends every process that a network left behind when its supervisor died: asks politely, latest start first, then kills. Answers the names of
 * what it ended. `only` narrows it to one planned process and its descendants. Throws `PROCESS_FAILED` naming what would not go.
 */
export async function reap(dependencies: ReapDependencies, folder: StateFolder, networkId: string, only?: string): Promise<string[]> {
  const { env, signals } = dependencies;
  const find = async () => (await ownProcesses(env, folder, networkId)).filter((each) => only === undefined || each.name === only);
  const found = await find();
  for (const each of byLatestStart(found)) signals.send(each.pid, each.record?.stopSignal ?? "SIGTERM");
  const graceMs = Math.max(0, ...found.map((each) => each.record?.stopGraceMs ?? DEFAULT_GRACE_MS));
  await waitUntilGone(env, find, graceMs);
  for (const each of await find()) signals.send(each.pid, "SIGKILL");
  const left = await waitUntilGone(env, find, AFTER_KILL_MS);
  if (left.length > 0) throw await wouldNotGo(env, left);
  const names = [...new Set(found.map((each) => each.name ?? `process ${each.pid}`))];
  for (const each of found) if (each.name !== undefined) await removeProcessRecord(env, folder, each.name);
  return names;
}

function byLatestStart(processes: readonly OwnProcess[]): OwnProcess[] {
  // Descendants are left to their parents at first: a worker stops its own children better than we could.
  const leaders = processes.filter((each) => each.record !== undefined);
  const orphans = processes.filter((each) => !leaders.some((leader) => leader.name === each.name));
  return [...leaders.sort((left, right) => (right.record?.order ?? 0) - (left.record?.order ?? 0)), ...orphans];
}

async function waitUntilGone(env: ReapDependencies["env"], find: () => Promise<OwnProcess[]>, limitMs: number): Promise<OwnProcess[]> {
  const deadline = env.clock.monotonicMs() + limitMs;
  for (;;) {
    const left = await find();
    if (left.length === 0 || env.clock.monotonicMs() >= deadline) return left;
    await env.timers.sleep(POLL_MS);
  }
}

async function wouldNotGo(env: ReapDependencies["env"], left: readonly OwnProcess[]): Promise<CliError> {
  const lines = await Promise.all(left.map(async ({ pid }) => `${pid} (${(await commandLineOf(env, pid))?.slice(0, 60) ?? "?"})`));
  return new CliError(
    "PROCESS_FAILED",
    `these processes did not end although killed: ${lines.join(", ")}`,
    "They wait in the kernel, mostly for a disk: look at it, then repeat.",
  );
}
