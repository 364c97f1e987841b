import type { LogId, Signer } from "@lamina/codec";
import type { Bus } from "@lamina/messaging";
import { type ChainId, type Env, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { WorkerChain } from "./chain/chain-facts.ts";
import type { Follower } from "./chain/follower.ts";
import { LaneBook } from "./chain/lane-book.ts";
import { Heartbeat, type WorkerMood } from "./heartbeat/heartbeat.ts";
import { LatencyWindow } from "./heartbeat/latency-window.ts";
import { JobDesk } from "./jobs/job-desk.ts";
import type { VerifyJob } from "./jobs/verify-job.ts";
import type { Journal } from "./log/journal.ts";
import type { LogMemory } from "./log/log-memory.ts";
import { ResultLog } from "./log/result-log.ts";
import type { WorkerMetrics } from "./metrics/worker-metrics.ts";
import type { ServedModel } from "./models/served-model.ts";
import { Forcer } from "./publishing/forcer.ts";
import { Publisher } from "./publishing/publisher.ts";

export interface ServiceOptions {
  readonly chainId: ChainId;
  readonly dataFolder: string;
  readonly mayCreateState: boolean;
  readonly segmentBytes: number;
  readonly journalBytesMax: number;
  readonly jobsMax: number;
  readonly jobBytesMax: number;
  readonly factsAgeMaxMs: number;
  readonly settleMargin: bigint;
  readonly forceAfterHeights: bigint;
  readonly forceMarginHeights: bigint;
  readonly resendAfterMs: number;
  readonly appendTimeoutMs: number;
  readonly heartbeatMs: number;
  /** How long `drain` waits for the stream. */
  readonly drainMs: number;
}

export interface ServiceDependencies {
  readonly env: Env;
  readonly chain: Pick<WorkerChain, "lane">;
  readonly follower: Follower;
  readonly bus: Bus;
  readonly signer: Signer;
  readonly verify: VerifyJob;
  readonly models: readonly ServedModel[];
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
  /** Sends `MsgForceInclude`; undefined where the worker holds no account key, and a muted worker stays muted. */
  readonly forceInclude: ((run: Uint8Array) => Promise<bigint>) | undefined;
}

export interface ServiceParts {
  readonly results: ResultLog;
  readonly publisher: Publisher;
  readonly forcer: Forcer | undefined;
  readonly desk: JobDesk;
  readonly heartbeat: Heartbeat;
}

/** What the parts must know of the service around them. */
export interface ServiceFrame {
  readonly log: LogId;
  readonly journal: Journal;
  readonly memory: LogMemory;
  readonly mood: () => WorkerMood;
  readonly onFailure: (error: unknown) => void;
}

/** Of an answer beside its outputs: row, heads, leaf hashes. */
const ANSWER_ROOM_BYTES = 16 * 1024;

/** Makes everything that works in a service; starts nothing. */
export function makeParts(options: ServiceOptions, dependencies: ServiceDependencies, frame: ServiceFrame): ServiceParts {
  const { env, bus, follower, signer, models, metrics, logger, forceInclude } = dependencies;
  const { log, memory } = frame;
  const workerId = toHex(log.worker);
  const results = new ResultLog(
    { chainId: options.chainId, log, bytesMax: options.journalBytesMax },
    {
      env,
      signer,
      height: () => follower.facts.height,
      onGroup: (group, place, jobIds) => {
        metrics.appended(group.rows.length);
        publisher.offer(memory.add(group, place, jobIds), group);
      },
      onFailure: frame.onFailure,
    },
    frame.journal,
  );
  const shared = { env, results, unaccepted: memory.unaccepted, metrics, logger };
  const { resendAfterMs, appendTimeoutMs, forceAfterHeights: afterHeights, forceMarginHeights: marginHeights } = options;
  const publisher = new Publisher({ workerId, log, resendAfterMs, appendTimeoutMs }, { ...shared, bus });
  const forcer = forceInclude === undefined ? undefined : new Forcer({ log, afterHeights, marginHeights }, { ...shared, send: forceInclude });
  const latencies = new Map(models.map(({ name }) => [name, new LatencyWindow()]));
  const heartbeatOptions = { workerId, worker: log.worker, periodMs: options.heartbeatMs };
  const heartbeat = new Heartbeat(heartbeatOptions, { env, bus, models, latencies, facts: () => follower.facts, mood: frame.mood });
  return { results, publisher, forcer, desk: makeDesk(options, dependencies, frame, results, latencies), heartbeat };
}

function makeDesk(
  options: ServiceOptions,
  { env, chain, follower, bus, models, verify, logger, metrics }: ServiceDependencies,
  { log, memory }: ServiceFrame,
  results: ResultLog,
  latencies: ReadonlyMap<string, LatencyWindow>,
): JobDesk {
  const { chainId, settleMargin, jobsMax, jobBytesMax, factsAgeMaxMs } = options;
  const outputBytesMax = bus.requestBytesMax - ANSWER_ROOM_BYTES;
  const measured: WorkerMetrics = {
    ...metrics,
    answered: (model, durationMs) => {
      latencies.get(model)?.add(durationMs);
      metrics.answered(model, durationMs);
    },
  };
  return new JobDesk(
    { chainId, log, settleMargin, jobsMax, jobBytesMax, factsAgeMaxMs, outputBytesMax },
    {
      env,
      follower,
      lanes: new LaneBook(chain, () => follower.facts.height),
      models: new Map(models.map((model) => [toHex(model.modelId), model])),
      obligations: memory.obligations,
      index: memory.index,
      log: results,
      verify,
      metrics: measured,
      logger,
    },
  );
}
