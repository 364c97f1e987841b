import type { Authenticator } from "../access/authenticator.ts";
import type { ChainSnapshot } from "../chain/chain-snapshot.ts";
import type { Config } from "../config.ts";
import type { GatewayDependencies } from "../gateway-parts.ts";
import { repeat } from "../repeat.ts";
import type { Execution } from "./execution.ts";
import type { Foundation } from "./foundation.ts";
import type { Settlement } from "./settlement.ts";

const TAKE_OVER_COUNT = 16;
const TAKE_OVER_PERIOD_MS = 1_000;
const LANES_PERIOD_MS = 1_000;
const USED_PERIOD_MS = 5_000;
const WARNING_PERIOD_MS = 60_000;
const FORGET_PERIOD_MS = 60_000;
const HOUR_MS = 3_600_000;
const PRESENCE_PERIOD_MS = 3_000;
const REST_PERIOD_MS = 1_000;

export interface BackgroundParts {
  readonly foundation: Foundation;
  readonly execution: Execution;
  readonly settlement: Settlement;
  readonly authenticator: Authenticator;
}

/** The last height at which a job that is signed by now may settle. */
export function lastSettlement({ height, rules }: ChainSnapshot): bigint {
  return height + rules.settleByHorizon;
}

/** Starts what goes on beside requests; answers how to stop it, which resolves when the rounds under way are over. */
export function startBackground(config: Config, parts: BackgroundParts, { env, logger, secrets }: GatewayDependencies): () => Promise<void> {
  const { lanes, chain, presence } = parts.foundation;
  const { durable, requests, limits, budgets } = parts.execution;
  const following = new AbortController();
  const every = (periodMs: number, what: string, work: () => Promise<void>) => repeat({ env, logger }, periodMs, what, work);
  const repeating = [
    every(LANES_PERIOD_MS, "reading lanes", async () => {
      if (await lanes.refresh()) await chain.refresh();
    }),
    every(USED_PERIOD_MS, "noting used keys", () => parts.authenticator.flushUsed()),
    every(TAKE_OVER_PERIOD_MS, "taking over requests", () => durable.takeOver(TAKE_OVER_COUNT)),
    every(config.CHAIN_POLL_MS, "following the chain", () => parts.settlement.follower.catchUp(following.signal)),
    every(config.GATEWAY_LEASE_MS / 3, "renewing leases", async () => {
      if (durable.runningIds.length > 0) await requests.renew(durable.runningIds);
    }),
    every(PRESENCE_PERIOD_MS, "telling that this gateway runs", () => presence.renew()),
    every(PRESENCE_PERIOD_MS, "burying dead gateways", async () => {
      const { latest } = chain;
      if (latest === undefined) return;
      const buried = await presence.bury(lastSettlement(latest));
      if (buried > 0) logger.warn("gateways that were not seen for long are taken for dead", { buried });
      const freed = await budgets.reconcile(parts.settlement.follower.height);
      if (freed > 0n) logger.info("what lost gateways had leased is free again", { freedUlam: freed });
    }),
    every(REST_PERIOD_MS, "giving places back", () => limits.rest()),
    every(FORGET_PERIOD_MS, "forgetting requests", async () => {
      const forgotten = await requests.forget(config.GATEWAY_RETENTION_HOURS * HOUR_MS);
      if (forgotten > 0) logger.info("requests past their retention were forgotten", { forgotten });
    }),
  ];
  if (config.GATEWAY_INSECURE_PLAINTEXT && secrets.tls === undefined) {
    const warn = () => logger.warn("GATEWAY_INSECURE_PLAINTEXT: keys and prompts cross the network in the clear", { host: config.GATEWAY_HOST });
    warn();
    repeating.push(every(WARNING_PERIOD_MS, "warning", async () => warn()));
  }
  return async () => {
    following.abort();
    await Promise.all(repeating.map((each) => each.stop()));
  };
}
