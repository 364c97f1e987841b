import { readdirSync, readFileSync } from "node:fs";
import type { NetworkProcess } from "./network.ts";

/** Processor milliseconds by process name; each with all its descendants. */
export type Spent = ReadonlyMap<string, number>;

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

/** What the processes and all that descends from them have taken until now, user and system. Linux alone. */
export function spentBy(processes: readonly NetworkProcess[]): Spent {
  const all = readAll();
  const childrenOf = new Map<number, number[]>();
  for (const [pid, { parent }] of all) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), pid]);
  const treeMs = (pid: number): number => (all.get(pid)?.ms ?? 0) + (childrenOf.get(pid) ?? []).reduce((total, child) => total + treeMs(child), 0);
  return new Map(processes.map(({ name, pid }) => [name, treeMs(pid)]));
}

/** Microseconds a request between two readings, without what the processes take when nobody asks (`idleMs` in `idleForMs`). */
export function microsPerRequest(before: Spent, after: Spent, idle: Spent, share: { readonly requests: number; readonly idleShare: number }): Spent {
  const { requests, idleShare } = share;
  const micros = (name: string, ms: number) => ((ms - (before.get(name) ?? ms) - (idle.get(name) ?? 0) * idleShare) * 1_000) / Math.max(1, requests);
  return new Map([...after].map(([name, ms]) => [name, Math.max(0, Math.round(micros(name, ms)))]));
}

export function difference(before: Spent, after: Spent): Spent {
  return new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? ms)]));
}

/** Fields 4, 14, 15, 16 and 17 of `/proc/PID/stat` (the last two: children that ended), counted behind the name, which may hold anything. Source: proc(5). */
function readAll(): Map<number, { readonly parent: number; readonly ms: number }> {
  const all = new Map<number, { parent: number; ms: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const ticks = [11, 12, 13, 14].reduce((total, at) => total + Number(fields[at]), 0);
      all.set(Number(name), { parent: Number(fields[1]), ms: ticks * TICK_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" && (error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      // It ended between listing and reading.
    }
  }
  return all;
}
