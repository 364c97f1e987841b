import { Authenticator } from "./access/authenticator.ts";
import { keyStore } from "./access/key-store.ts";
import { adminRoutes } from "./admin/admin-routes.ts";
import { startAdminServer } from "./admin/admin-server.ts";
import { Organisations } from "./admin/organisations.ts";
import { lastSettlement, startBackground } from "./assembly/background.ts";
import { buildExecution, type Execution } from "./assembly/execution.ts";
import { closeFoundation, openFoundation } from "./assembly/foundation.ts";
import { buildHandlers } from "./assembly/handlers.ts";
import { buildSettlement } from "./assembly/settlement.ts";
import type { Config } from "./config.ts";
import type { GatewayDependencies } from "./gateway-parts.ts";
import { startHttpServer } from "./http/http-server.ts";
import { jobMetrics } from "./jobs/job-metrics.ts";

const REQUEST_TIMEOUT_MS = 30_000;

export interface Gateway {
  readonly port: number;
  readonly adminPort: number;
  /** Takes no new request, lets those under way end, gives back what was leased. */
  stop(): Promise<void>;
}

/** Builds and starts the whole gateway; resolves once it listens. */
export async function startGateway(config: Config, dependencies: GatewayDependencies): Promise<Gateway> {
  const { env, spenders, secrets, metrics, logger } = dependencies;
  const measured = jobMetrics(metrics);
  const foundation = await openFoundation(config, dependencies);
  const execution = buildExecution(config, foundation, dependencies, measured);
  const settlement = buildSettlement(foundation, execution, dependencies);
  const access = { pepper: secrets.secret, cacheMs: config.GATEWAY_KEY_CACHE_MS };
  const authenticator = new Authenticator(access, { env, store: keyStore(foundation.sql) });
  const parts = { foundation, execution, settlement, authenticator };
  const http = await startHttpServer(
    {
      host: config.GATEWAY_HOST,
      port: config.GATEWAY_PORT,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      drainMs: config.DRAIN_MS,
      ...(secrets.tls === undefined ? {} : { tls: secrets.tls }),
    },
    { env, logger, metrics: measured, handlers: buildHandlers(config, parts, dependencies) },
  );
  const { chain, lanes, drizzled, chainId } = foundation;
  const organisations = new Organisations({
    env,
    database: drizzled.database,
    vault: execution.vault,
    pepper: secrets.secret,
    spenders,
    chain,
    lanes,
  });
  const admin = await startAdminServer(
    { host: config.GATEWAY_ADMIN_HOST, port: config.GATEWAY_ADMIN_PORT, token: secrets.adminToken },
    { routes: adminRoutes(chainId, { organisations, spenders }), metrics, logger },
  );
  const stopBackground = startBackground(config, parts, dependencies);
  return {
    port: http.port,
    adminPort: admin.port,
    stop: async () => {
      await http.close();
      await admin.close();
      await stopDurable(execution, config.DRAIN_MS);
      await stopBackground();
      await settlement.announcements.drain();
      await execution.spend.stop();
      await execution.ledger.idle();
      await execution.spending.close();
      await execution.limits.rest();
      const { latest } = chain;
      // Where the chain does not answer, the others bury this gateway once they see it no more.
      if (latest !== undefined) await foundation.presence.end(lastSettlement(latest));
      await authenticator.flushUsed();
      await closeFoundation(foundation);
    },
  };
}

/** What does not end in time is another gateway's at once: its lease is given up, its job goes on at its worker. */
async function stopDurable({ durable, requests }: Execution, drainMs: number): Promise<void> {
  const left = durable.runningIds;
  await durable.stop(drainMs);
  await requests.release(left);
}
