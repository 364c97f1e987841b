import { formatTable } from "../table.ts";
import type { FirstJob } from "./first-jobs.ts";

const HEADINGS = ["model", "answer", "worker", "latency ms", "block", "height", "s to final", "chain bytes", "gas", "verified"] as const;

/** What `up` ends with: one line a job. `workerNames` are by signing key in hex. */
export function jobsTable(jobs: readonly FirstJob[], workerNames: ReadonlyMap<string, string>): string {
  return formatTable(
    HEADINGS,
    jobs.map((job) => {
      const { settled } = job;
      const worker = settled === undefined ? "-" : (workerNames.get(settled.worker) ?? settled.worker.slice(0, 8));
      const place = settled === undefined ? ["-", "-"] : [settled.block, settled.height];
      const cost = settled === undefined ? ["-", "-"] : [`${settled.chainBytesPerRow}`, `${settled.gasPerRow}`];
      return [
        job.model,
        job.answer,
        worker,
        job.latencyMs.toFixed(1),
        ...place,
        job.secondsToFinal?.toFixed(1) ?? "-",
        ...cost,
        describeVerdict(job),
      ];
    }),
  );
}

/** Only a job that was paid and is proved final counts. */
export function isVerified({ verdict }: FirstJob): boolean {
  return verdict.kind === "valid" && verdict.outcome === "paid";
}

function describeVerdict({ verdict }: FirstJob): string {
  if (verdict.kind !== "valid") return `NO: ${verdict.reason}`;
  if (verdict.outcome === "paid") return "yes";
  return `NO: ${verdict.outcome}${verdict.reason === undefined ? "" : ` (${verdict.reason})`}`;
}
