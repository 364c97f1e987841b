import { resolve } from "node:path";
import { ChainReader, connectChain, readKeyFile, TX_SENDER_DEFAULTS, TxSender } from "@lamina/chain-client";
import { strictVerifier } from "@lamina/codec";
import { useSha256 } from "@lamina/merkle";
import { type Bus, connectNatsBus, openCredentialFiles } from "@lamina/messaging";
import { type Env, retry } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEd25519Verify, nodeEnv, nodeSha256, takeStateLock } from "@lamina/primitives/node";
import { jsonLogger, type Logger } from "@lamina/telemetry";
import { type PrometheusMetrics, prometheusMetrics } from "@lamina/telemetry/prometheus";
import { chainOverClient } from "./chain-client-adapter.ts";
import { type Config, readConfig } from "./config.ts";
import { type StatusPages, startStatusServer } from "./http/status-server.ts";
import { Sequencer } from "./service.ts";

const STARTUP = { attempts: 20, baseDelayMs: 200, maxDelayMs: 3_000 };

async function run(env: Env, config: Config, logger: Logger): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());
  const metrics = prometheusMetrics({ labels: { app: "sequencer" }, collectProcess: true });
  const signer = nodeEd25519Signer(await readKeyFile(env, config.signingKeyFile));
  const { chainId, rpcUrl, rpcTimeoutMs, gasPriceUlamPerMillion } = config;
  const startup = { ...STARTUP, signal: stopping.signal };
  const connection = await retry(env, startup, () => connectChain({ url: rpcUrl, chainId, timeoutMs: rpcTimeoutMs }));
  const account = await connection.account(await readKeyFile(env, config.accountKeyFile));
  const { comet } = connection;
  const sender = new TxSender({ ...TX_SENDER_DEFAULTS, gasPriceUlamPerMillion }, { env, comet, account, logger });
  const chain = chainOverClient(chainId, new ChainReader(comet), sender);
  const bus = await retry(env, startup, () => connectBus(env, config, logger));
  try {
    const verify = strictVerifier(nodeEd25519Verify);
    await takeStateLock(resolve(config.stateDirectory));
    const sequencer = await Sequencer.start(optionsOf(config), { env, bus, chain, signer, verify, logger, metrics });
    const server = await startStatusServer({ host: config.httpHost, port: config.httpPort }, pagesOf(sequencer, metrics));
    logger.info("status is served", { host: config.httpHost, port: server.port });
    const failure = await Promise.race([sequencer.failed, aborted(stopping.signal)]);
    await sequencer.stop();
    await server.close();
    return failure === undefined ? 0 : 1;
  } finally {
    // Also where it never started: an open connection would keep the process from ending.
    await bus.drain();
  }
}

function pagesOf(sequencer: Sequencer, metrics: PrometheusMetrics): StatusPages {
  return {
    metrics: async () => ({ contentType: metrics.contentType, body: await metrics.render() }),
    health: () => {
      const { status } = sequencer;
      const isLive = status.failure === undefined;
      return { isLive, isReady: isLive && status.isBusConnected && status.isChainReachable, body: status };
    },
  };
}

async function connectBus(env: Env, config: Config, logger: Logger): Promise<Bus> {
  const onFault = (what: string, error: unknown) => logger.warn("bus fault", { what, error });
  const files = { userJwtFile: config.natsUserJwtFile, seedFile: config.natsSeedFile };
  const credentials = await openCredentialFiles(files, { env, onFault });
  const peer = { role: "sequencer", id: config.sequencerId } as const;
  const tls = config.natsCaFile === undefined ? {} : { tls: { caFile: config.natsCaFile } };
  return connectNatsBus({ peer, servers: config.natsServers, credentials, ...tls }, { env, onFault });
}

function optionsOf(config: Config) {
  const { chainId, sequencerId, blockIntervalMs, blockRowsMax, spendDeadlineMs, chainPollMs, drainMs, takesOver } = config;
  const { stateDirectory } = config;
  const files = { journalDirectory: `${stateDirectory}/journal`, journalFileBytesMax: 64 * 1024 * 1024, faultsDirectory: `${stateDirectory}/faults` };
  const shared = { chainId, sequencerId, blockIntervalMs, blockRowsMax, spendDeadlineMs, chainPollMs, drainMs, takesOver };
  return { ...shared, ...files, takeOverPollMs: 3_000, lyingMs: 5_000, termTrustMs: 5_000, unsettledRowsMax: 60_000, prefetch: 1_000 };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

async function main(): Promise<void> {
  useSha256(nodeSha256);
  const env = nodeEnv();
  const write = (line: string) => void process.stdout.write(line);
  const bootLogger = jsonLogger({ level: "info", fields: { app: "sequencer" } }, { clock: env.clock, write });
  try {
    const config = readConfig(process.env);
    const logger = jsonLogger({ level: config.logLevel, fields: { app: "sequencer" } }, { clock: env.clock, write });
    process.exitCode = await run(env, config, logger);
  } catch (error) {
    bootLogger.error("sequencer cannot run", { error });
    process.exitCode = 1;
  }
}

await main();
