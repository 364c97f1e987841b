import { availableParallelism } from "node:os";
import { strictVerifier } from "@lamina/codec";
import type { HostEvent } from "@lamina/inference";
import { type Env, toHex } from "@lamina/primitives";
import { nodeEd25519Verify, nodeEd25519VerifyLater } from "@lamina/primitives/node";
import type { Logger } from "@lamina/telemetry";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { Follower } from "../chain/follower.ts";
import type { WorkerConfig } from "../config.ts";
import { pooledVerifier, type VerifyJob } from "../jobs/verify-job.ts";
import { takeStateLock } from "../log/state-lock.ts";
import { listenHttp } from "../metrics/http-listener.ts";
import { workerMetrics } from "../metrics/worker-metrics.ts";
import { loadModels } from "../models/load-models.ts";
import { WorkerService } from "../service.ts";
import type { ServiceOptions } from "../service-parts.ts";
import { forcedSender, openBus, openChain, openSender, openSigner } from "./connect.ts";

const POOL_CORES_MIN = 4;
/** Node's pool has four threads, and the disk's calls stand in the same line: these keep it waiting for a millisecond at most. */
const VERIFICATIONS_AT_ONCE = 32;

export interface RunDependencies {
  readonly env: Env;
  readonly logger: Logger;
  readonly nodePath: string;
  /** Aborts when the process is asked to end. */
  readonly stop: AbortSignal;
}

/** Everything between start and end of the process. Resolves once drained; throws what start refuses (I34) or what the service failed with. */
export async function runWorker(config: WorkerConfig, { env, logger, nodePath, stop }: RunDependencies): Promise<void> {
  await env.files.mkdir(config.dataFolder);
  const lock = await takeStateLock(config.dataFolder);
  const signer = await openSigner(env, config);
  const access = await openChain(config);
  const { reader: chain } = access;
  const follower = await Follower.start({ worker: signer.publicKey, pollMs: config.pollMs }, { env, chain, logger });
  const registry = prometheusMetrics({ labels: { app: "worker" }, collectProcess: true });
  const metrics = workerMetrics(registry);
  const sender = await openSender(env, config, access, logger);
  if (sender === undefined) logger.warn("without ACCOUNT_KEY_FILE rows that a sequencer leaves out cannot be forced in");
  const { models: entries, modelsFolder, dataFolder, childUser } = config;
  const onEvent = (event: HostEvent) => {
    metrics.hostEvent(event);
    if (event.kind !== "child-lost") return;
    logger.warn("a model process was lost", { model: event.model, error: event.error, restartInMs: event.restartInMs });
  };
  const models = await loadModels({ entries, modelsFolder, dataFolder, nodePath, childUser }, { env, chain, logger, onEvent });
  const bus = await openBus(env, config, toHex(signer.publicKey), logger);
  const verify = chooseVerifier(availableParallelism());
  const forceInclude = forcedSender(sender);
  const dependencies = { env, chain, follower, bus, signer, verify, models, metrics, logger, forceInclude };
  const service = await WorkerService.start(serviceOptions(config), dependencies);
  const listener = await listenHttp(config.http, async (path) => {
    if (path === "/healthz") return { status: service.mood === "serving" ? 200 : 503, contentType: "text/plain", body: `${service.mood}\n` };
    if (path !== "/metrics") return undefined;
    metrics.state(service.state());
    return { status: 200, contentType: registry.contentType, body: await registry.render() };
  });
  logger.info("metrics served", { port: listener.port });
  await untilEnd(service, stop);
  logger.info("draining");
  await service.drain();
  await listener.close();
  await lock.release();
  logger.info("drained");
}

/** Other threads cost more than they give unless there are cores for them, and unless many checks travel together (measured: +220 us of CPU one by one). */
function chooseVerifier(cores: number): VerifyJob {
  if (cores < POOL_CORES_MIN) return strictVerifier(nodeEd25519Verify);
  return pooledVerifier({ atOnce: VERIFICATIONS_AT_ONCE }, nodeEd25519VerifyLater);
}

async function untilEnd(service: WorkerService, stop: AbortSignal): Promise<void> {
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const failure = await Promise.race([stopped, service.failed]);
  if (failure === undefined) return;
  await service.stop();
  throw failure;
}

function serviceOptions(config: WorkerConfig): ServiceOptions {
  const { chainId, dataFolder, mayCreateState, journalBytesMax, jobsMax, settleMargin, forceAfterHeights } = config;
  return {
    chainId,
    dataFolder,
    mayCreateState,
    segmentBytes: config.journalSegmentBytes,
    journalBytesMax,
    jobsMax,
    jobBytesMax: 512 * 2 ** 20,
    factsAgeMaxMs: 30_000,
    settleMargin,
    forceAfterHeights,
    // Two blocks more than a forced run needs to be included before the rows expire.
    forceMarginHeights: settleMargin / 2n,
    resendAfterMs: 8_000,
    appendTimeoutMs: 5_000,
    heartbeatMs: 1_000,
    drainMs: config.drainMs,
  };
}
