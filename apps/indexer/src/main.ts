import { connectChain } from "@lamina/chain-client";
import { clearIndex, closeSql, connectSql, grantReader, isRetryableFailure, migrate, type Sql } from "@lamina/db";
import { BaseError, decodeUtf8, type Env, isRetryable, retry } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { jsonLogger, type Logger } from "@lamina/telemetry";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { buildServer, type ServerTls } from "./api/server.ts";
import { type Config, readConfig } from "./config.ts";
import { indexDigest } from "./digest/index-digest.ts";
import { Follower } from "./follow/follower.ts";

const STARTUP = {
  attempts: 40,
  baseDelayMs: 200,
  maxDelayMs: 3_000,
  shouldRetry: (error: unknown) => isRetryable(error) || isRetryableFailure(error),
};
const GROUP_HEIGHTS = 256;
const QUERY_TIMEOUT_MS = 10_000;
const USAGE = "indexer [digest | rebuild]";

/** The command line names no task of the indexer. */
class UsageError extends BaseError<"USAGE"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(found: string) {
    super("USAGE", `expected ${USAGE}, found ${JSON.stringify(found)}`);
    this.details = { expected: USAGE, found };
  }
}

/** Follows the chain and answers queries until a signal. */
async function serve(env: Env, config: Config, logger: Logger): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());
  const url = await databaseUrl(env, config);
  const writer = connectSql(url, { name: "lamina-indexer", connectionsMax: 2 });
  const reader = connectSql(url, { name: "lamina-index-api", connectionsMax: 8, statementTimeoutMs: QUERY_TIMEOUT_MS });
  try {
    return await followAndServe({ env, config, logger, writer, reader, signal: stopping.signal });
  } catch (error) {
    // A stop before all was up is no failure.
    if (stopping.signal.aborted) return 0;
    throw error;
  } finally {
    // Idle connections would keep the process alive.
    await Promise.all([closeSql(writer), closeSql(reader)]);
  }
}

interface Parts {
  readonly env: Env;
  readonly config: Config;
  readonly logger: Logger;
  readonly writer: Sql;
  readonly reader: Sql;
  readonly signal: AbortSignal;
}

async function followAndServe({ env, config, logger, writer, reader, signal }: Parts): Promise<number> {
  const { CHAIN_ID, RPC_URL, RPC_TIMEOUT_MS, CHAIN_POLL_MS, PREFETCH_HEIGHTS, GROUP_RESULTS, HTTP_HOST, HTTP_PORT } = config;
  const metrics = prometheusMetrics({ labels: { app: "indexer" }, collectProcess: true });
  const startup = { ...STARTUP, signal };
  await retry(env, startup, () => prepare(env, writer));
  await env.step("indexer.migrated");
  const { comet } = await retry(env, startup, () => connectChain({ url: RPC_URL, chainId: CHAIN_ID, timeoutMs: RPC_TIMEOUT_MS }));
  const grouping = { groupResults: GROUP_RESULTS, groupHeights: GROUP_HEIGHTS };
  const options = { chainId: CHAIN_ID, pollMs: CHAIN_POLL_MS, prefetch: PREFETCH_HEIGHTS, ...grouping };
  const follower = await retry(env, startup, () => Follower.open(options, { env, comet, sql: writer, logger, metrics }));
  let isFollowing = true;
  const stand = () => ({ chainId: CHAIN_ID, chainHeight: follower.chainHeight, isFollowing });
  const server = buildServer({ sql: reader, logger, metrics, follower: stand }, await readTls(env, config));
  await server.listen({ host: HTTP_HOST, port: HTTP_PORT });
  logger.info("index is served", { address: server.listeningOrigin, height: `${follower.height}` });
  try {
    await follower.run(signal);
    return 0;
  } catch (error) {
    isFollowing = false;
    logger.error("the index cannot go on", { error });
    return 1;
  } finally {
    await server.close();
  }
}

async function readTls(env: Env, { HTTP_TLS_CERT_FILE, HTTP_TLS_KEY_FILE }: Config): Promise<ServerTls | undefined> {
  if (HTTP_TLS_CERT_FILE === undefined || HTTP_TLS_KEY_FILE === undefined) return undefined;
  return { cert: await env.files.readFile(HTTP_TLS_CERT_FILE), key: await env.files.readFile(HTTP_TLS_KEY_FILE) };
}

async function prepare(env: Env, sql: Sql): Promise<void> {
  await migrate(sql, env.files, "index");
  await grantReader(sql);
}

/** Prints the digest of the index as it stands (I28). */
async function digest(env: Env, config: Config): Promise<number> {
  return withDatabase(env, config, async (sql) => {
    process.stdout.write(`${JSON.stringify(await indexDigest(sql), null, 2)}\n`);
  });
}

/** Empties the index: the next start follows the chain from its first height. */
async function rebuild(env: Env, config: Config, logger: Logger): Promise<number> {
  return withDatabase(env, config, async (sql) => {
    await clearIndex(sql);
    await env.step("indexer.cleared");
    await prepare(env, sql);
    logger.info("index is empty", {});
  });
}

async function withDatabase(env: Env, config: Config, work: (sql: Sql) => Promise<void>): Promise<number> {
  const sql = connectSql(await databaseUrl(env, config), { name: "lamina-index-tool", connectionsMax: 1 });
  try {
    await work(sql);
    return 0;
  } finally {
    await closeSql(sql);
  }
}

async function databaseUrl(env: Env, config: Config): Promise<string> {
  return decodeUtf8(await env.files.readFile(config.DATABASE_URL_FILE)).trim();
}

function run(task: string, env: Env, config: Config, logger: Logger): Promise<number> {
  if (task === "") return serve(env, config, logger);
  if (task === "digest") return digest(env, config);
  if (task === "rebuild") return rebuild(env, config, logger);
  throw new UsageError(task);
}

async function main(): Promise<void> {
  const env = nodeEnv();
  const write = (line: string) => void process.stdout.write(line);
  const boot = jsonLogger({ level: "info", fields: { app: "indexer" } }, { clock: env.clock, write });
  try {
    const config = readConfig(process.env);
    const logger = jsonLogger({ level: config.LOG_LEVEL, fields: { app: "indexer" } }, { clock: env.clock, write });
    process.exitCode = await run(process.argv[2] ?? "", env, config, logger);
  } catch (error) {
    boot.error("indexer cannot run", { error });
    process.exitCode = 1;
  }
}

await main();
