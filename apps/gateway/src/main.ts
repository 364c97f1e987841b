import { ChainReader, connectChain } from "@lamina/chain-client";
import { ChainProver, parseCheckpoint } from "@lamina/light-client";
import { useSha256 } from "@lamina/merkle";
import { connectNatsBus } from "@lamina/messaging";
import { chainId, decodeUtf8 } from "@lamina/primitives";
import { nodeEnv, nodeSha256 } from "@lamina/primitives/node";
import { jsonLogger } from "@lamina/telemetry";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { chainSource } from "./chain/chain-source.ts";
import { readConfig } from "./config.ts";
import { SpenderKeys } from "./jobs/spender-keys.ts";
import { readSecrets } from "./read-secrets.ts";
import { readSecretText } from "./secret-file.ts";
import { startGateway } from "./service.ts";

const VERSION = "0.1.0";

const env = nodeEnv();
const write = (line: string) => void process.stdout.write(line);
let logger = jsonLogger({ level: "info", fields: { app: "gateway" } }, { clock: env.clock, write });

async function main(): Promise<void> {
  useSha256(nodeSha256);
  const config = readConfig(process.env);
  logger = jsonLogger({ level: config.LOG_LEVEL, fields: { app: "gateway", id: config.GATEWAY_ID } }, { clock: env.clock, write });
  const secrets = await readSecrets(env.files, config);
  const spenders = await SpenderKeys.load(env.files, config.GATEWAY_SPENDER_KEY_FILES);
  const connection = await connectChain({ url: config.RPC_URL, chainId: chainId(config.CHAIN_ID), timeoutMs: config.RPC_TIMEOUT_MS });
  const seed = await readSecretText(env.files, config.NATS_SEED_FILE);
  let credential = decodeUtf8(await env.files.readFile(config.NATS_USER_JWT_FILE)).trim();
  const bus = await connectNatsBus(
    {
      peer: { role: "gateway", id: config.GATEWAY_ID },
      servers: config.NATS_URL,
      credentials: { userJwt: () => credential, seed },
      ...(config.NATS_CA_FILE === undefined ? {} : { tls: { caFile: config.NATS_CA_FILE } }),
    },
    { env, onFault: (what, error) => logger.error("the bus met a fault", { what, error }) },
  );
  const metrics = prometheusMetrics({ labels: { app: "gateway" }, collectProcess: true });
  const gateway = await startGateway(config, {
    env,
    bus,
    chain: chainSource(new ChainReader(connection.comet), logger),
    settlement: {
      committedBlock: (height) => connection.comet.committedBlock(height),
      prover: new ChainProver((method, params) => connection.comet.call(method, params)),
    },
    checkpoint: config.CHECKPOINT_FILE === undefined ? undefined : parseCheckpoint(decodeUtf8(await env.files.readFile(config.CHECKPOINT_FILE))),
    spenders,
    secrets,
    metrics,
    logger,
    version: VERSION,
  });
  logger.info("the gateway listens", { port: gateway.port, adminPort: gateway.adminPort, spenders: spenders.ids });
  // A renewed credential lies in the same file; the next reconnect uses it.
  const renewal = env.timers.setInterval(
    () => void readCredential().catch((error: unknown) => logger.warn("the bus credential cannot be read", { error })),
    30_000,
  );
  const readCredential = async () => {
    credential = decodeUtf8(await env.files.readFile(config.NATS_USER_JWT_FILE)).trim();
  };
  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    logger.info("the gateway drains", { signal });
    env.timers.clearInterval(renewal);
    await gateway.stop();
    await bus.drain();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void stop(signal).catch((error: unknown) => fail(error)));
  }
}

function fail(error: unknown): void {
  logger.error("the gateway stops", { error });
  // Connections that were opened before would keep the process alive; standard output is written at once.
  process.exit(1);
}

await main().catch(fail);
