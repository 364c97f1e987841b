import type { ServingRow } from "./serving.ts";
import type { SettlingRow } from "./settling.ts";
import { formatTable } from "./table.ts";

/** What the targets read of each part; a part that was not run is missing. */
export interface Measured {
  readonly serving?: readonly ServingRow[];
  readonly settling?: SettlingRow;
  readonly sequencer?: unknown;
  readonly chain?: unknown;
  readonly index?: unknown;
}

interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: number;
  readonly isMet: boolean;
}

/** Each target of the design beside what this run measured, met or not. */
export function formatTargets(measured: Measured): string {
  const targets = [...servingTargets(measured.serving ?? []), ...settlingTargets(measured.settling), ...chainTargets(measured)];
  const lines = targets.map(({ what, target, measured: value, isMet }) => [what, target, value, isMet ? "met" : "NOT met"]);
  return formatTable(["what", "target", "measured", ""], lines);
}

function servingTargets(rows: readonly ServingRow[]): Target[] {
  const find = (server: string, model: string, connections: number) =>
    rows.find((row) => row.server === server && row.model === model && row.connections === connections);
  const [tiny, miniLm, alone] = [find("lamina", "digits", 16), find("lamina", "minilm-l6-v2", 16), find("lamina", "digits", 1)];
  const mlserver = find("mlserver", "digits", 16);
  return [
    ...(miniLm === undefined ? [] : [atLeast("MiniLM, of a bare server's requests/s, 16 connections", 0.8, miniLm.ratio)]),
    ...(tiny === undefined ? [] : [atLeast("tiny model, of a bare server's requests/s, 16 connections", 0.35, tiny.ratio)]),
    ...(tiny === undefined || mlserver === undefined
      ? []
      : [atLeast("tiny model, of MLServer's requests/s, 16 connections", 2, tiny.perSecond / mlserver.perSecond)]),
    ...(alone === undefined ? [] : [atMost("tiny model, ms added to p50, 1 connection", 3, alone.addedP50Ms)]),
    ...(alone === undefined ? [] : [atMost("tiny model, p99 ms, 1 connection", 100, alone.p99Ms)]),
  ];
}

function settlingTargets(settling: SettlingRow | undefined): Target[] {
  if (settling === undefined) return [];
  return [
    atMost("answer to pending, block times at p50", 2, settling.toPendingP50 / settling.secondsPerBlock),
    atMost("answer to pending, block times at p95", 3, settling.toPendingP95 / settling.secondsPerBlock),
  ];
}

function chainTargets({ sequencer, chain, index }: Measured): Target[] {
  const rowsPerSecond = numberAt(sequencer, "rowsPerSecond");
  const bytes = numberAt(chain, "postings", 0, "bytes_per_row");
  const gas = numberAt(chain, "postings", 0, "row_gas_without_data_of_a_bank_transfer");
  const state = numberAt(chain, "growth", "state_bytes_per_row");
  const indexed = numberAt(index, "rowsPerSecond");
  return [
    ...(rowsPerSecond === undefined ? [] : [atLeast("rows/s through sequencer and chain", 5_000, rowsPerSecond)]),
    ...(bytes === undefined ? [] : [atMost("chain bytes a row, 1 payer, full batch", 96, bytes)]),
    ...(gas === undefined ? [] : [atMost("gas a row without data, of a bank transfer", 0.01, gas)]),
    ...(state === undefined ? [] : [atMost("chain state bytes a final row (bounded: near 0)", 1, state)]),
    ...(indexed === undefined ? [] : [atLeast("rows/s indexed while catching up", 10_000, indexed)]),
  ];
}

function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  let at: unknown = value;
  for (const key of path) at = typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
  return typeof at === "number" ? at : undefined;
}

function atLeast(what: string, target: number, measured: number): Target {
  return { what, target: `≥ ${target}`, measured: short(measured), isMet: measured >= target };
}

function atMost(what: string, target: number, measured: number): Target {
  return { what, target: `≤ ${target}`, measured: short(measured), isMet: measured <= target };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
