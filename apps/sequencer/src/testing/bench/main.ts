import { performance } from "node:perf_hooks";
import { send } from "../actors.ts";
import { Stage } from "../stage.ts";
import { processorMs } from "./processor-time.ts";

/**
 * Rows a second from the stream to the chain, through the real process, bus and node: `npx node --conditions=lamina-source
 * apps/sequencer/src/testing/bench/main.ts [rows]`. Prints JSON. Results are made and signed before the clock starts.
 */
const RUN_ROWS = 40;
const AT_ONCE = 64;
const TOTAL = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 30_000);

/** Chain blocks as on the devnet. */
const stage = await Stage.start({ timeoutCommitMs: 500, variables: { SPEND_DEADLINE_MS: "2000", ...profiling() } });
try {
  process.stdout.write(`${JSON.stringify(await measure(), null, 2)}\n`);
} finally {
  await stage.end();
}

async function measure() {
  const { worker, workerBus } = stage;
  worker.settleBy = (await stage.reader.height()) + 280n;
  worker.work(TOTAL);
  const runs: Uint8Array[] = [];
  for (let from = 0; from < TOTAL; from += RUN_ROWS) runs.push(worker.run(from, Math.min(TOTAL, from + RUN_ROWS)));
  const { output, process: sequencer, exited } = stage.startSequencer();
  while (!output().includes("sequencer started")) await new Promise((resolve) => setTimeout(resolve, 50));
  const pids = { sequencer: [sequencer.pid ?? 0], chain: stage.chain.pids };
  const spentBefore = { sequencer: processorMs(pids.sequencer), chain: processorMs(pids.chain) };
  const startMs = performance.now();
  for (let at = 0; at < runs.length; at += AT_ONCE) {
    await Promise.all(runs.slice(at, at + AT_ONCE).map((run, offset) => send(workerBus, worker.log, run, `bench-${at + offset}`)));
  }
  const publishedMs = performance.now() - startMs;
  await stage.awaitSettled(300_000);
  const seconds = (performance.now() - startMs) / 1000;
  let batches = acceptedIn(output());
  // The last batch is logged shortly after the chain has it.
  for (let tries = 0; sum(batches, ({ rows }) => rows) < TOTAL && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    batches = acceptedIn(output());
  }
  const processorMsNow = { sequencer: processorMs(pids.sequencer), chain: processorMs(pids.chain) };
  // In order, so that a profiler writes what it saw.
  sequencer.kill("SIGTERM");
  await exited;
  const spent = (of: keyof typeof pids) => round(((processorMsNow[of] - spentBefore[of]) * 1000) / TOTAL);
  return {
    // Of a machine that others use, only processor time tells.
    sequencerMicrosPerRow: spent("sequencer"),
    chainMicrosPerRow: spent("chain"),
    rows: TOTAL,
    seconds: round(seconds),
    rowsPerSecond: Math.round(TOTAL / seconds),
    publishedPerSecond: Math.round(TOTAL / (publishedMs / 1000)),
    batches: batches.length,
    blocks: sum(batches, ({ blocks }) => blocks),
    chainBytesPerRow: round(sum(batches, ({ bytes }) => bytes) / TOTAL),
    gasPerRow: Math.round(sum(batches, ({ gasUsed }) => Number(gasUsed)) / TOTAL),
  };
}

interface Accepted {
  readonly rows: number;
  readonly bytes: number;
  readonly gasUsed: string;
  readonly blocks: number;
}

function acceptedIn(output: string): Accepted[] {
  const lines = output.split("\n").filter((line) => line.includes('"message":"batch accepted"'));
  return lines.map((line) => JSON.parse(line) as Accepted);
}

function sum(batches: readonly Accepted[], of: (batch: Accepted) => number): number {
  return batches.reduce((total, batch) => total + of(batch), 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** `SEQUENCER_NODE_OPTIONS` go to the sequencer alone, as `--cpu-prof --cpu-prof-dir=DIR`. */
function profiling(): Record<string, string> {
  const options = process.env["SEQUENCER_NODE_OPTIONS"];
  return options === undefined ? {} : { NODE_OPTIONS: options };
}
