import type { HostEvent } from "@lamina/inference";
import { LATENCY_BUCKETS_SECONDS, type Metrics } from "@lamina/telemetry";

/** What the worker counts. Labels are model names and reasons alone (I31). */
export interface WorkerMetrics {
  answered(model: string, durationMs: number): void;
  refused(model: string, reason: string): void;
  /** A group went to the disk. */
  appended(rows: number): void;
  published(rows: number, isAgain: boolean): void;
  publishFailed(): void;
  forced(rows: number): void;
  hostEvent(event: HostEvent): void;
  state(state: WorkerState): void;
}

/** Read at each scrape's turn, from the service. */
export interface WorkerState {
  readonly jobsUnderWay: number;
  readonly rowsUnaccepted: number;
  readonly journalBytes: number;
  readonly chainHeight: number;
  readonly factsAgeMs: number;
  readonly isConnected: boolean;
}

const ROW_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];

export function workerMetrics(metrics: Metrics): WorkerMetrics {
  const answered = metrics.counter({ name: "lamina_worker_jobs_answered_total", help: "Jobs answered with a result.", labelNames: ["model"] });
  const refused = metrics.counter({ name: "lamina_worker_jobs_refused_total", help: "Jobs refused.", labelNames: ["model", "reason"] });
  const latency = metrics.histogram({
    name: "lamina_worker_job_seconds",
    help: "From a request's arrival to its answer.",
    labelNames: ["model"],
    buckets: LATENCY_BUCKETS_SECONDS,
  });
  const groups = metrics.histogram({ name: "lamina_worker_group_rows", help: "Rows that shared one fsync.", buckets: ROW_BUCKETS });
  const published = metrics.counter({ name: "lamina_worker_rows_published_total", help: "Rows taken by the stream.", labelNames: ["again"] });
  const failures = metrics.counter({ name: "lamina_worker_publish_failures_total", help: "Runs that the stream did not take." });
  const forced = metrics.counter({ name: "lamina_worker_rows_forced_total", help: "Rows forced in past the sequencer." });
  const lost = metrics.counter({ name: "lamina_worker_children_lost_total", help: "Model processes that died.", labelNames: ["model"] });
  const runs = metrics.histogram({
    name: "lamina_worker_run_seconds",
    help: "One run of a batch.",
    labelNames: ["model"],
    buckets: LATENCY_BUCKETS_SECONDS,
  });
  return {
    answered: (model, durationMs) => {
      answered.increment({ model });
      latency.observe(durationMs / 1_000, { model });
    },
    refused: (model, reason) => refused.increment({ model, reason }),
    appended: (rows) => groups.observe(rows),
    published: (rows, isAgain) => published.increment({ again: String(isAgain) }, rows),
    publishFailed: () => failures.increment(),
    forced: (rows) => forced.increment({}, rows),
    hostEvent: (event) => {
      if (event.kind === "batch") runs.observe(event.runMs / 1_000, { model: event.model });
      if (event.kind === "child-lost") lost.increment({ model: event.model });
    },
    state: stateGauges(metrics),
  };
}

function stateGauges(metrics: Metrics): (state: WorkerState) => void {
  const underWay = metrics.gauge({ name: "lamina_worker_jobs_under_way", help: "Jobs being worked on." });
  const unaccepted = metrics.gauge({ name: "lamina_worker_rows_unaccepted", help: "Rows that the chain has not accepted." });
  const bytes = metrics.gauge({ name: "lamina_worker_journal_bytes", help: "Bytes of the result log on the disk." });
  const height = metrics.gauge({ name: "lamina_worker_chain_height", help: "The chain's height as last read." });
  const age = metrics.gauge({ name: "lamina_worker_chain_age_seconds", help: "Time since the chain was last read." });
  const connected = metrics.gauge({ name: "lamina_worker_bus_connected", help: "1 while the bus is connected." });
  return (state) => {
    underWay.set(state.jobsUnderWay);
    unaccepted.set(state.rowsUnaccepted);
    bytes.set(state.journalBytes);
    height.set(state.chainHeight);
    age.set(state.factsAgeMs / 1_000);
    connected.set(state.isConnected ? 1 : 0);
  };
}
