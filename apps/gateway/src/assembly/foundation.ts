import { closeSql, connectDrizzle, connectSql, type Drizzled, migrate, type Sql } from "@lamina/db";
import { ALL_HEARTBEATS, type Unsubscribe } from "@lamina/messaging";
import { type ChainId, chainId } from "@lamina/primitives";
import { ChainFollower } from "../chain/chain-follower.ts";
import type { Config } from "../config.ts";
import type { GatewayDependencies } from "../gateway-parts.ts";
import { ModelCatalogue } from "../models/model-catalogue.ts";
import { TokenizerStore } from "../models/tokenizer-store.ts";
import { LaneBook } from "../money/lane-book.ts";
import { WorkerDirectory } from "../workers/worker-directory.ts";

const SQL_CONNECTIONS = 8;
const DRIZZLE_CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;
const STATE_PERIOD_MS = 2_000;
const STALE_AFTER_MS = 30_000;

/** What everything else stands on: the database, the chain as it is now, models and workers. */
export interface Foundation {
  readonly chainId: ChainId;
  readonly sql: Sql;
  readonly drizzled: Drizzled<Record<string, never>>;
  readonly lanes: LaneBook;
  readonly chain: ChainFollower;
  readonly catalogue: ModelCatalogue;
  readonly workers: WorkerDirectory;
  readonly heartbeats: Unsubscribe;
}

export async function openFoundation(config: Config, { env, bus, chain: source, secrets, logger }: GatewayDependencies): Promise<Foundation> {
  const url = secrets.databaseUrl.reveal();
  const sql = connectSql(url, { name: "lamina-gateway", connectionsMax: SQL_CONNECTIONS, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  const applied = await migrate(sql, env.files, "gateway");
  if (applied.length > 0) logger.info("the database was migrated", { applied });
  const lanes = new LaneBook({ sql });
  await lanes.refresh();
  const pace = { heightPeriodMs: config.CHAIN_POLL_MS, statePeriodMs: STATE_PERIOD_MS, staleAfterMs: STALE_AFTER_MS };
  const chain = new ChainFollower(pace, { env, source, logger, lanes: () => lanes.all() });
  await chain.start();
  const tokenizers = new TokenizerStore({ folders: config.GATEWAY_MODEL_FOLDERS }, { files: env.files, logger });
  const bounds = { heartbeatMaxAgeMs: config.GATEWAY_HEARTBEAT_MAX_AGE_MS, unitPriceMax: config.GATEWAY_UNIT_PRICE_MAX };
  const workers = new WorkerDirectory(bounds, { env, chain, logger });
  return {
    chainId: chainId(config.CHAIN_ID),
    sql,
    drizzled: connectDrizzle(url, {}, { name: "lamina-gateway-admin", connectionsMax: DRIZZLE_CONNECTIONS }),
    lanes,
    chain,
    catalogue: new ModelCatalogue({ chain, tokenizers }),
    workers,
    heartbeats: bus.listen(ALL_HEARTBEATS, (notice) => workers.hear(notice)),
  };
}

export async function closeFoundation({ heartbeats, chain, drizzled, sql }: Foundation): Promise<void> {
  await heartbeats.drain();
  chain.stop();
  await drizzled.close();
  await closeSql(sql);
}
