import {
  bypassesIsolation,
  closeSql,
  connectDrizzle,
  connectSql,
  connectTenants,
  type Drizzled,
  migrate,
  type Sql,
  type TenantSql,
} from "@lamina/db";
import { ALL_HEARTBEATS, type Unsubscribe } from "@lamina/messaging";
import { type ChainId, chainId } from "@lamina/primitives";
import { Presence } from "../access/presence.ts";
import { ChainFollower } from "../chain/chain-follower.ts";
import type { Config } from "../config.ts";
import type { GatewayDependencies } from "../gateway-parts.ts";
import { ModelCatalogue } from "../models/model-catalogue.ts";
import { TokenizerStore } from "../models/tokenizer-store.ts";
import { LaneBook } from "../money/lane-book.ts";
import { WorkerDirectory } from "../workers/worker-directory.ts";

const SQL_CONNECTIONS = 8;
const TENANT_CONNECTIONS = 4;
const DRIZZLE_CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;
const STATE_PERIOD_MS = 2_000;
const STALE_AFTER_MS = 30_000;

/** What everything else stands on: the database, the chain as it is now, models and workers. */
export interface Foundation {
  readonly chainId: ChainId;
  /** The gateway's own work, over all organisations. */
  readonly sql: Sql;
  /** What is done for one organisation: Postgres itself shows no other's rows (I30). */
  readonly tenants: TenantSql;
  readonly drizzled: Drizzled<Record<string, never>>;
  /** This gateway among the others of its database. */
  readonly presence: Presence;
  readonly lanes: LaneBook;
  readonly chain: ChainFollower;
  readonly catalogue: ModelCatalogue;
  readonly workers: WorkerDirectory;
  readonly heartbeats: Unsubscribe;
}

export async function openFoundation(config: Config, { env, bus, chain: source, secrets, logger }: GatewayDependencies): Promise<Foundation> {
  const url = secrets.databaseUrl.reveal();
  const sql = connectSql(url, {
    name: "lamina-gateway",
    connectionsMax: SQL_CONNECTIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    scope: "service",
  });
  const applied = await migrate(sql, env.files, "gateway");
  if (applied.length > 0) logger.info("the database was migrated", { applied });
  if (await bypassesIsolation(sql)) logger.warn("the database's login is above row-level security: give the gateway the role lamina_gateway");
  const presence = await Presence.start({ env, sql });
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
    tenants: connectTenants(url, { name: "lamina-gateway-tenants", connectionsMax: TENANT_CONNECTIONS, statementTimeoutMs: STATEMENT_TIMEOUT_MS }),
    drizzled: connectDrizzle(url, {}, { name: "lamina-gateway-admin", connectionsMax: DRIZZLE_CONNECTIONS, scope: "service" }),
    presence,
    lanes,
    chain,
    catalogue: new ModelCatalogue({ chain, tokenizers }),
    workers,
    heartbeats: bus.listen(ALL_HEARTBEATS, (notice) => workers.hear(notice)),
  };
}

export async function closeFoundation({ heartbeats, chain, drizzled, tenants, sql }: Foundation): Promise<void> {
  await heartbeats.drain();
  chain.stop();
  await drizzled.close();
  await tenants.close();
  await closeSql(sql);
}
