import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeBox } from "./box.ts";
import { bringUp } from "./network.ts";
import { makePeers } from "./peers.ts";
import { PROGRAMS, runProgram } from "./programs.ts";
import { formatReport } from "./report.ts";
import { benchServing, type ServingRow } from "./serving.ts";
import { benchSettling, type SettlingRow } from "./settling.ts";
import { SUBJECTS } from "./subject.ts";
import { formatTable } from "./table.ts";
import { formatTargets } from "./targets.ts";

const HELP = `Usage: ./lamina bench [OPTIONS]

Measures this checkout on this machine, prints tables and writes JSON. Nothing is asserted.

  --only PART[,PART]   serving, settling, sequencer, chain, index; all where not given
  --seconds N          of load for each measurement (5)
  --jobs N             watched from answer to final (40)
  --port-base N        of the network that it brings up and ends (29000)
  --out FILE           JSON (build/bench.json)
  --peers              makes the Python environment of MLServer first
`;

const PARTS = ["serving", "settling", "sequencer", "chain", "index"] as const;

interface Figures {
  readonly box: ReturnType<typeof describeBox>;
  serving?: ServingRow[];
  settling?: SettlingRow;
  sequencer?: unknown;
  chain?: unknown;
  index?: unknown;
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: PARTS.join(",") },
    seconds: { type: "string", default: "5" },
    jobs: { type: "string", default: "40" },
    "port-base": { type: "string", default: "29000" },
    out: { type: "string", default: fileURLToPath(new URL("../../build/bench.json", import.meta.url)) },
    peers: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await bench();

async function bench(): Promise<void> {
  const parts = values.only.split(",");
  const unknown = parts.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) throw new Error(`--only: expected ${PARTS.join(", ")}, found ${JSON.stringify(unknown)}`);
  if (values.peers) makePeers();
  const figures: Figures = { box: describeBox() };
  process.stdout.write(
    `${formatTable(
      ["box", ""],
      Object.entries(figures.box).map(([name, value]) => [name, `${value}`]),
    )}\n\n`,
  );
  for (const program of PROGRAMS) {
    if (!parts.includes(program.name)) continue;
    const found = runProgram(program);
    Object.assign(figures, { [program.name]: found });
    process.stdout.write(`${formatReport(program.name, found)}\n\n`);
  }
  if (parts.includes("serving") || parts.includes("settling")) await benchNetwork(parts, figures);
  process.stdout.write(`${formatTargets(figures)}\n\n`);
  const out = resolve(values.out);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(`written: ${out}\n`);
}

async function benchNetwork(parts: readonly string[], figures: Figures): Promise<void> {
  // One worker with one session a model, as the bare server has: ratios compare paths, not numbers of processes.
  const network = bringUp(Number(values["port-base"]), ["--workers", "1"]);
  try {
    const { GATEWAY_URL: gatewayUrl = "", RPC_URL: rpcUrl = "", API_KEY: apiKey = "" } = network.env;
    if (parts.includes("serving")) {
      figures.serving = await benchServing({ gatewayUrl, apiKey, durationMs: Number(values.seconds) * 1000, processes: network.processes() });
      process.stdout.write(`${servingTable(figures.serving)}\n\n${processorTable(figures.serving)}\n\n`);
    }
    if (parts.includes("settling")) {
      figures.settling = await benchSettling({ gatewayUrl, rpcUrl, apiKey, body: SUBJECTS[0]?.body ?? "", jobs: Number(values.jobs) });
      process.stdout.write(`${formatTable(Object.keys(figures.settling), [Object.values(figures.settling)])}\n\n`);
    }
  } finally {
    network.down();
  }
}

function servingTable(rows: readonly ServingRow[]): string {
  const columns = ["model", "connections", "server", "requests/s", "ratio", "p50 ms", "p95 ms", "p99 ms", "added p50 ms", "failures"];
  return formatTable(
    columns,
    rows.map((row) => [
      row.model,
      row.connections,
      row.server,
      row.perSecond,
      row.ratio,
      row.p50Ms,
      row.p95Ms,
      row.p99Ms,
      row.addedP50Ms,
      failuresOf(row),
    ]),
  );
}

/** Where the work of a request goes: unlike requests a second, the same on a machine that others use too. */
function processorTable(rows: readonly ServingRow[]): string {
  const ours = rows.filter(({ server }) => server === "lamina");
  const names = [...new Set(ours.flatMap(({ processorMicros }) => Object.keys(processorMicros)))];
  const lines = ours.map((row) => [row.model, row.connections, ...names.map((name) => row.processorMicros[name] ?? 0)]);
  return `processor microseconds a request, by process\n${formatTable(["model", "connections", ...names], lines)}`;
}

function failuresOf({ failures, statuses }: ServingRow): string {
  return failures === 0
    ? "0"
    : Object.entries(statuses)
        .map(([status, count]) => `${count} × ${status}`)
        .join(", ");
}
