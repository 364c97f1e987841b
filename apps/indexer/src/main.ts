import { connectChain } from "@lamina/chain-client";
import { closeSql, connectSql, migrate } from "@lamina/db";
import { decodeUtf8, type Env, retry } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { jsonLogger, type Logger } from "@lamina/telemetry";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { buildServer } from "./api/server.ts";
import { type Config, readConfig } from "./config.ts";
import { indexDigest } from "./digest/index-digest.ts";
import { Follower } from "./follow/follower.ts";

const STARTUP = { attempts: 40, baseDelayMs: 200, maxDelayMs: 3_000 };

/** Follows the chain and answers queries until a signal. */
async function serve(env: Env, config: Config, logger: Logger): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());
  const metrics = prometheusMetrics({ labels: { app: "indexer" }, collectProcess: true });
  const startup = { ...STARTUP, signal: stopping.signal };
  const url = await databaseUrl(env, config);
  const writer = connectSql(url, { name: "lamina-indexer", connectionsMax: 2 });
  const reader = connectSql(url, { name: "lamina-index-api", connectionsMax: 8, statementTimeoutMs: 10_000 });
  await retry(env, startup, () => migrate(writer, env.files, "index"));
  const { CHAIN_ID, RPC_URL, RPC_TIMEOUT_MS, CHAIN_POLL_MS, PREFETCH_HEIGHTS, HTTP_HOST, HTTP_PORT } = config;
  const { comet } = await retry(env, startup, () => connectChain({ url: RPC_URL, chainId: CHAIN_ID, timeoutMs: RPC_TIMEOUT_MS }));
  const options = { chainId: CHAIN_ID, pollMs: CHAIN_POLL_MS, prefetch: PREFETCH_HEIGHTS };
  const follower = await Follower.open(options, { env, comet, sql: writer, logger, metrics });
  let isFollowing = true;
  const server = buildServer({ sql: reader, metrics, status: () => ({ chainId: CHAIN_ID, height: `${follower.height}`, isFollowing }) });
  await server.listen({ host: HTTP_HOST, port: HTTP_PORT });
  logger.info("index is served", { address: server.listeningOrigin, height: `${follower.height}` });
  try {
    await follower.run(stopping.signal);
    return 0;
  } catch (error) {
    isFollowing = false;
    logger.error("the index cannot go on", { error });
    return 1;
  } finally {
    await server.close();
    await Promise.all([closeSql(writer), closeSql(reader)]);
  }
}

/** Prints the digest of the index as it stands (I28). */
async function digest(env: Env, config: Config): Promise<number> {
  const sql = connectSql(await databaseUrl(env, config), { name: "lamina-index-digest", connectionsMax: 1 });
  try {
    process.stdout.write(`${JSON.stringify(await indexDigest(sql), null, 2)}\n`);
    return 0;
  } finally {
    await closeSql(sql);
  }
}

async function databaseUrl(env: Env, config: Config): Promise<string> {
  return decodeUtf8(await env.files.readFile(config.DATABASE_URL_FILE)).trim();
}

async function main(): Promise<void> {
  const env = nodeEnv();
  const write = (line: string) => void process.stdout.write(line);
  const boot = jsonLogger({ level: "info", fields: { app: "indexer" } }, { clock: env.clock, write });
  try {
    const config = readConfig(process.env);
    const logger = jsonLogger({ level: config.LOG_LEVEL, fields: { app: "indexer" } }, { clock: env.clock, write });
    process.exitCode = process.argv[2] === "digest" ? await digest(env, config) : await serve(env, config, logger);
  } catch (error) {
    boot.error("indexer cannot run", { error });
    process.exitCode = 1;
  }
}

await main();
