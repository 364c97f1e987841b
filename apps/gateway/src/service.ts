import { ROUTES, type Route, type RouteId, type Scope } from "@lamina/api";
import type { CommittedBlock } from "@lamina/chain-client";
import { strictVerifier } from "@lamina/codec";
import { closeSql, connectDrizzle, connectSql, migrate } from "@lamina/db";
import type { ChainProver } from "@lamina/light-client";
import { ALL_HEARTBEATS, ALL_PRECONFIRMATIONS, type Bus } from "@lamina/messaging";
import { chainId as chainIdOf, type Env, type Secret } from "@lamina/primitives";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import type { Logger } from "@lamina/telemetry";
import type { PrometheusMetrics } from "@lamina/telemetry/prometheus";
import { Authenticator } from "./access/authenticator.ts";
import { keyStore } from "./access/key-store.ts";
import { RequestLimits } from "./access/request-limits.ts";
import { Vault } from "./access/vault.ts";
import { adminRoutes } from "./admin/admin-routes.ts";
import { type AdminServer, startAdminServer } from "./admin/admin-server.ts";
import { Organisations } from "./admin/organisations.ts";
import { ChainFollower } from "./chain/chain-follower.ts";
import type { ChainSource } from "./chain/chain-snapshot.ts";
import type { Config } from "./config.ts";
import type { AuthorizedCall, Handler, OpenHandler } from "./http/call.ts";
import { json } from "./http/call.ts";
import { type HttpServer, startHttpServer } from "./http/http-server.ts";
import { nativeRoutes, openApiReply } from "./http/native-routes.ts";
import { openInferenceRoutes } from "./http/open-inference-routes.ts";
import { openAiRoutes } from "./http/openai-routes.ts";
import { headVerifier } from "./jobs/head-verifier.ts";
import { IssuedJobs } from "./jobs/issued-jobs.ts";
import { JobArchive } from "./jobs/job-archive.ts";
import { JobLedger } from "./jobs/job-ledger.ts";
import { JobMaker } from "./jobs/job-maker.ts";
import { jobMetrics } from "./jobs/job-metrics.ts";
import { JobRunner } from "./jobs/job-runner.ts";
import { NonceRanges } from "./jobs/nonce-ranges.ts";
import { nonceStore } from "./jobs/nonce-store.ts";
import type { SpenderKeys } from "./jobs/spender-keys.ts";
import { ModelCatalogue } from "./models/model-catalogue.ts";
import { TokenizerStore } from "./models/tokenizer-store.ts";
import { budgetStore } from "./money/budget-store.ts";
import { LaneBook } from "./money/lane-book.ts";
import { Spending } from "./money/spending.ts";
import { FinalLog } from "./receipts/final-log.ts";
import { Preconfirmations } from "./receipts/preconfirmations.ts";
import { ReceiptDesk, type TrustStart } from "./receipts/receipt-desk.ts";
import { SettlementFollower } from "./receipts/settlement-follower.ts";
import { SettlementStore } from "./receipts/settlement-store.ts";
import { type Repeating, repeat } from "./repeat.ts";
import { DurableRequests } from "./requests/durable-requests.ts";
import { JobViews } from "./requests/job-views.ts";
import { RequestDesk } from "./requests/request-desk.ts";
import { RequestStore } from "./requests/request-store.ts";
import { SpendService } from "./spend/spend-service.ts";
import { WorkerDirectory } from "./workers/worker-directory.ts";

const ISSUED_MAX = 200_000;
const SQL_CONNECTIONS = 8;
const DRIZZLE_CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;
const TAKE_OVER_COUNT = 16;
const LANES_PERIOD_MS = 1_000;
const INSECURE_WARNING_MS = 60_000;
const FORGET_PERIOD_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface GatewaySecrets {
  readonly databaseUrl: Secret<string>;
  /** Pepper of API keys and root of the vault; 32 bytes. */
  readonly secret: Secret<Uint8Array>;
  readonly adminToken: Secret<string>;
  readonly tls: { readonly cert: Uint8Array; readonly key: Uint8Array } | undefined;
}

export interface GatewayDependencies {
  readonly env: Env;
  readonly bus: Bus;
  readonly chain: ChainSource;
  /** Committed heights, and proofs about them. */
  readonly settlement: { readonly committedBlock: (height: bigint) => Promise<CommittedBlock>; readonly prover: ChainProver };
  readonly checkpoint: TrustStart | undefined;
  readonly spenders: SpenderKeys;
  readonly secrets: GatewaySecrets;
  readonly metrics: PrometheusMetrics;
  readonly logger: Logger;
  readonly version: string;
}

export interface Gateway {
  readonly port: number;
  readonly adminPort: number;
  /** Takes no new request, lets those under way end, gives back what was leased. */
  stop(): Promise<void>;
}

/** Builds and starts the whole gateway; resolves once it listens. */
export async function startGateway(config: Config, dependencies: GatewayDependencies): Promise<Gateway> {
  const { env, bus, spenders, secrets, metrics, logger, version } = dependencies;
  const chainId = chainIdOf(config.CHAIN_ID);
  const sql = connectSql(secrets.databaseUrl.reveal(), {
    name: "lamina-gateway",
    connectionsMax: SQL_CONNECTIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const applied = await migrate(sql, env.files, "gateway");
  if (applied.length > 0) logger.info("the database was migrated", { applied });
  const drizzled = connectDrizzle(secrets.databaseUrl.reveal(), {}, { name: "lamina-gateway-admin", connectionsMax: DRIZZLE_CONNECTIONS });

  const lanes = new LaneBook({ sql });
  await lanes.refresh();
  const chain = new ChainFollower(
    { heightPeriodMs: config.CHAIN_POLL_MS, statePeriodMs: 2_000, staleAfterMs: 30_000 },
    { env, source: dependencies.chain, logger, lanes: () => lanes.all() },
  );
  await chain.start();
  const tokenizers = new TokenizerStore({ folders: config.GATEWAY_MODEL_FOLDERS }, { files: env.files, logger });
  const catalogue = new ModelCatalogue({ chain, tokenizers });
  const workers = new WorkerDirectory(
    { heartbeatMaxAgeMs: config.GATEWAY_HEARTBEAT_MAX_AGE_MS, unitPriceMax: config.GATEWAY_UNIT_PRICE_MAX },
    { env, chain, logger },
  );
  const heartbeats = bus.listen(ALL_HEARTBEATS, (notice) => workers.hear(notice));

  const measured = jobMetrics(metrics);
  const issued = new IssuedJobs({ countMax: ISSUED_MAX });
  const archive = new JobArchive({ sql });
  const ledger = new JobLedger({ chainId }, { env, sql });
  const nonces = new NonceRanges({ rangeSize: config.GATEWAY_NONCE_RANGE }, { env, store: nonceStore(sql) });
  const maker = new JobMaker({ chainId }, { env, chain, nonces, spenders, issued, lanesOf: (id) => lanes.lanesOf(id) });
  const budgets = budgetStore(sql);
  const spending = new Spending({ blockUlam: config.GATEWAY_BUDGET_BLOCK }, budgets);
  const runner = new JobRunner(
    { chainId, attemptsMax: config.GATEWAY_ATTEMPTS_MAX },
    { env, bus, maker, workers, spending, ledger, verify: headVerifier(), metrics: measured, logger },
  );
  const vault = new Vault({ secret: secrets.secret }, { env, sql });
  const requests = new RequestStore({ leaseMs: config.GATEWAY_LEASE_MS }, { sql });
  const durable = new DurableRequests(
    { asyncDeadlineMs: config.GATEWAY_ASYNC_DEADLINE_MS },
    { env, store: requests, vault, runner, catalogue, logger },
  );
  const desk = new RequestDesk({ deadlineMs: config.GATEWAY_DEADLINE_MS }, { env, limits: new RequestLimits({ env }), runner, durable });
  const spend = new SpendService({ chainId }, { env, bus, chain, spenders, issued, archive, logger });
  spend.start();

  const settlementStore = new SettlementStore({ sql });
  const follower = new SettlementFollower(
    { chainId },
    {
      env,
      chain,
      committedBlock: dependencies.settlement.committedBlock,
      store: settlementStore,
      isOurs: (lane) => chain.latest?.lanes.has(lane) ?? false,
      logger,
    },
  );
  const preconfirmations = new Preconfirmations(
    { chainId },
    { env, chain, store: settlementStore, verify: strictVerifier(nodeEd25519Verify), logger },
  );
  const announcements = bus.listen(ALL_PRECONFIRMATIONS, (notice) => preconfirmations.hear(notice));
  const receipts = new ReceiptDesk({
    archive,
    requests,
    store: settlementStore,
    follower,
    finalLog: new FinalLog({ store: settlementStore }),
    prover: dependencies.settlement.prover,
    checkpoint: dependencies.checkpoint,
    logger,
  });
  const following = new AbortController();

  const authenticator = new Authenticator({ pepper: secrets.secret, cacheMs: config.GATEWAY_KEY_CACHE_MS }, { env, store: keyStore(sql) });
  const itemsMax = config.GATEWAY_ITEMS_MAX;
  const keyed: Record<Exclude<RouteId, OpenRouteId>, Handler> = {
    ...openAiRoutes({ catalogue, workers, desk, itemsMax }),
    ...openInferenceRoutes({ catalogue, workers, desk, itemsMax, version }),
    ...nativeRoutes({
      catalogue,
      chain,
      workers,
      desk,
      views: new JobViews({ env, archive, requests, durable, catalogue }),
      receipts,
      budgets,
      lanes,
      itemsMax,
      version,
    }),
  };
  const handlers: Record<RouteId, OpenHandler> = {
    ...guardAll(keyed, authenticator),
    serverLive: () => json(200, { live: true }),
    serverReady: () => {
      const isReady = chain.latest !== undefined && bus.isConnected;
      return json(isReady ? 200 : 503, { ready: isReady });
    },
    openApi: openApiReply(version),
  };
  const http: HttpServer = await startHttpServer(
    {
      host: config.GATEWAY_HOST,
      port: config.GATEWAY_PORT,
      requestTimeoutMs: 30_000,
      drainMs: config.DRAIN_MS,
      ...(secrets.tls === undefined ? {} : { tls: secrets.tls }),
    },
    { env, logger, metrics: measured, handlers },
  );
  const organisations = new Organisations({ env, database: drizzled.database, vault, pepper: secrets.secret, spenders, chain, lanes });
  const admin: AdminServer = await startAdminServer(
    { host: config.GATEWAY_ADMIN_HOST, port: config.GATEWAY_ADMIN_PORT, token: secrets.adminToken },
    { routes: adminRoutes(chainId, { organisations, spenders }), metrics, logger },
  );
  const isExposed = secrets.tls === undefined && config.GATEWAY_INSECURE_PLAINTEXT;
  const warnInsecure = () =>
    logger.warn("GATEWAY_INSECURE_PLAINTEXT: keys and prompts cross the network in the clear", { host: config.GATEWAY_HOST });
  if (isExposed) warnInsecure();
  const repeating: Repeating[] = [
    ...(isExposed ? [repeat({ env, logger }, INSECURE_WARNING_MS, "warning", async () => warnInsecure())] : []),
    repeat({ env, logger }, LANES_PERIOD_MS, "reading lanes", async () => {
      if (await lanes.refresh()) await chain.refresh();
    }),
    repeat({ env, logger }, 5_000, "noting used keys", () => authenticator.flushUsed()),
    repeat({ env, logger }, FORGET_PERIOD_MS, "forgetting requests", async () => {
      const forgotten = await requests.forget(config.GATEWAY_RETENTION_HOURS * HOUR_MS);
      if (forgotten > 0) logger.info("requests past their retention were forgotten", { forgotten });
    }),
    repeat({ env, logger }, 1_000, "taking over requests", () => durable.takeOver(TAKE_OVER_COUNT)),
    repeat({ env, logger }, config.CHAIN_POLL_MS, "following the chain", () => follower.catchUp(following.signal)),
    repeat({ env, logger }, config.GATEWAY_LEASE_MS / 3, "renewing leases", async () => {
      if (durable.runningIds.length > 0) await requests.renew(durable.runningIds);
    }),
  ];
  return {
    port: http.port,
    adminPort: admin.port,
    stop: async () => {
      await http.close();
      await admin.close();
      await durable.stop();
      following.abort();
      await Promise.all(repeating.map((each) => each.stop()));
      await requests.release(durable.runningIds);
      await heartbeats.drain();
      await announcements.drain();
      await spend.stop();
      chain.stop();
      await ledger.idle();
      await spending.close();
      await authenticator.flushUsed();
      await drizzled.close();
      await closeSql(sql);
    },
  };
}

type OpenRouteId = { [Id in RouteId]: (typeof ROUTES)[Id]["scope"] extends null ? Id : never }[RouteId];

/** Every route that names a scope asks for a key first; a route without one is not among `keyed`, by its type. */
function guardAll(
  keyed: Record<Exclude<RouteId, OpenRouteId>, Handler>,
  authenticator: Authenticator,
): Record<Exclude<RouteId, OpenRouteId>, OpenHandler> {
  const guard = (id: RouteId, handler: Handler): OpenHandler => {
    const { scope }: Route = ROUTES[id];
    return async (call) => {
      const principal = await authenticator.authenticate(call.header("authorization"), scope as Scope);
      const authorized: AuthorizedCall = Object.assign(call, { principal });
      return handler(authorized);
    };
  };
  const entries = Object.entries(keyed) as [Exclude<RouteId, OpenRouteId>, Handler][];
  return Object.fromEntries(entries.map(([id, handler]) => [id, guard(id, handler)])) as Record<Exclude<RouteId, OpenRouteId>, OpenHandler>;
}
