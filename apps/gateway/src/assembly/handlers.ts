import { ROUTES, type Route, type RouteId, type Scope } from "@lamina/api";
import type { Authenticator } from "../access/authenticator.ts";
import type { Config } from "../config.ts";
import type { GatewayDependencies } from "../gateway-parts.ts";
import { type AuthorizedCall, type Handler, json, type OpenHandler } from "../http/call.ts";
import { nativeRoutes, openApiReply } from "../http/native-routes.ts";
import { openInferenceRoutes } from "../http/open-inference-routes.ts";
import { openAiRoutes } from "../http/openai-routes.ts";
import { JobViews } from "../requests/job-views.ts";
import type { Execution } from "./execution.ts";
import type { Foundation } from "./foundation.ts";
import type { Settlement } from "./settlement.ts";

/** Routes that ask for no key, by what @lamina/api says of them. */
type OpenRouteId = { [Id in RouteId]: (typeof ROUTES)[Id]["scope"] extends null ? Id : never }[RouteId];
type KeyedRouteId = Exclude<RouteId, OpenRouteId>;

export interface HandlerParts {
  readonly foundation: Foundation;
  readonly execution: Execution;
  readonly settlement: Settlement;
  readonly authenticator: Authenticator;
}

/** One handler for every public route; those that name a scope ask for a key first. A route that is forgotten does not compile (T5). */
export function buildHandlers(config: Config, parts: HandlerParts, { env, bus, version }: GatewayDependencies): Record<RouteId, OpenHandler> {
  const { foundation, execution, settlement, authenticator } = parts;
  const { catalogue, chain, workers, lanes } = foundation;
  const { desk, archive, requests, durable, budgets } = execution;
  const { receipts } = settlement;
  const itemsMax = config.GATEWAY_ITEMS_MAX;
  const views = new JobViews({ env, archive, requests, durable, catalogue });
  const keyed: Record<KeyedRouteId, Handler> = {
    ...openAiRoutes({ catalogue, workers, desk, itemsMax }),
    ...openInferenceRoutes({ catalogue, workers, desk, itemsMax, version }),
    ...nativeRoutes({ catalogue, chain, workers, desk, views, receipts, budgets, lanes, itemsMax, version }),
  };
  return {
    ...guardAll(keyed, authenticator),
    serverLive: () => json(200, { live: true }),
    serverReady: () => {
      const isReady = chain.latest !== undefined && bus.isConnected;
      return json(isReady ? 200 : 503, { ready: isReady });
    },
    openApi: openApiReply(version),
  };
}

function guardAll(keyed: Record<KeyedRouteId, Handler>, authenticator: Authenticator): Record<KeyedRouteId, OpenHandler> {
  const guard = (id: RouteId, handler: Handler): OpenHandler => {
    const { scope }: Route = ROUTES[id];
    return async (call) => {
      const principal = await authenticator.authenticate(call.header("authorization"), scope as Scope);
      const authorized: AuthorizedCall = Object.assign(call, { principal });
      return handler(authorized);
    };
  };
  const entries = Object.entries(keyed) as [KeyedRouteId, Handler][];
  return Object.fromEntries(entries.map(([id, handler]) => [id, guard(id, handler)])) as Record<KeyedRouteId, OpenHandler>;
}
