import { readFileSync } from "node:fs";

/** As many as one network takes. */
export const PORTS_PER_NETWORK = 200;
const FIRST = 14_000;
/** Where Linux begins to give ports to outgoing connections. */
const END = 32_000;
const LISTENING = "0A";

/** A base above which the ports of one network are free. Test processes begin their search at different places. */
export function freePortBase(): number {
  const taken = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap(listeningPorts));
  const places = Math.floor((END - FIRST) / PORTS_PER_NETWORK);
  for (let step = 0; step < places; step++) {
    const base = FIRST + ((process.pid + step) % places) * PORTS_PER_NETWORK;
    if (!Array.from({ length: PORTS_PER_NETWORK }, (_, at) => base + at).some((port) => taken.has(port))) return base;
  }
  throw new Error(`no ${PORTS_PER_NETWORK} free ports between ${FIRST} and ${END}`);
}

function listeningPorts(table: string): number[] {
  const lines = readFileSync(table, "utf8").trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return state === LISTENING ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}
