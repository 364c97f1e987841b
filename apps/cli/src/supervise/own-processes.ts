import type { Env } from "@lamina/primitives";
import type { ProcessFacts } from "../host/process-identity.ts";
import { allPids, bootId, environmentOf, processFacts } from "../host/process-identity.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { ProcessRecord } from "./process-record.ts";
import { readProcessRecords } from "./process-record.ts";

const NETWORK_MARK = "LAMINA_NETWORK_MARK";
const PROCESS_MARK = "LAMINA_PROCESS_MARK";

/** Put into the environment of whatever the supervisor starts. The network's id is random, so no other process carries it by chance. */
export function processMarks(networkId: string, name: string): Record<string, string> {
  return { [NETWORK_MARK]: networkId, [PROCESS_MARK]: name };
}

export interface OwnProcess {
  readonly pid: number;
  /** Of the planned process that it is, or descends from; undefined where only the network is known. */
  readonly name: string | undefined;
  /** Set for the process that the supervisor started itself. */
  readonly record: ProcessRecord | undefined;
}

/**
 * Every living process of a network, whoever started or lost it, and nothing else. Ours is what carries the network's mark in its environment,
 * or sits in the session of a recorded process: children may be given an environment without the mark, yet share its session.
 */
export async function ownProcesses(env: Pick<Env, "files">, folder: StateFolder, networkId: string): Promise<OwnProcess[]> {
  const [records, boot, pids] = await Promise.all([readProcessRecords(env, folder), bootId(env), allPids(env)]);
  const facts = (await Promise.all(pids.map((pid) => processFacts(env, pid)))).filter((each) => each !== undefined);
  const sessions = sessionsOf(
    records.filter((record) => record.identity.bootId === boot),
    facts,
  );
  const own: OwnProcess[] = [];
  for (const process of facts) {
    const record = sessions.get(process.session);
    if (record !== undefined) {
      own.push({ pid: process.pid, name: record.name, record: record.identity.pid === process.pid ? record : undefined });
      continue;
    }
    const environment = await environmentOf(env, process.pid);
    if (!environment?.includes(`${NETWORK_MARK}=${networkId}`)) continue;
    const name = environment.find((entry) => entry.startsWith(`${PROCESS_MARK}=`))?.slice(PROCESS_MARK.length + 1);
    own.push({ pid: process.pid, name, record: undefined });
  }
  return own;
}

/**
 * Sessions opened by recorded processes. Linux gives a pid again only once no session bears it, so while the pid belongs to nobody the session
 * is the recorded one; if it belongs to a process with another start time, the recorded session has ended.
 */
function sessionsOf(records: readonly ProcessRecord[], facts: readonly ProcessFacts[]): Map<number, ProcessRecord> {
  const byPid = new Map(facts.map((each) => [each.pid, each]));
  const sessions = new Map<number, ProcessRecord>();
  for (const record of records) {
    const leader = byPid.get(record.identity.pid);
    if (leader === undefined || leader.startTicks === record.identity.startTicks) sessions.set(record.identity.pid, record);
  }
  return sessions;
}
