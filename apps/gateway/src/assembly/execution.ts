import { limitStore } from "../access/limit-store.ts";
import { RequestLimits } from "../access/request-limits.ts";
import { Vault } from "../access/vault.ts";
import type { Config } from "../config.ts";
import type { GatewayDependencies } from "../gateway-parts.ts";
import { headVerifier } from "../jobs/head-verifier.ts";
import { IssuedJobs } from "../jobs/issued-jobs.ts";
import { JobArchive } from "../jobs/job-archive.ts";
import { JobLedger } from "../jobs/job-ledger.ts";
import { JobMaker } from "../jobs/job-maker.ts";
import type { JobMetrics } from "../jobs/job-metrics.ts";
import { JobRunner } from "../jobs/job-runner.ts";
import { NonceRanges } from "../jobs/nonce-ranges.ts";
import { nonceStore } from "../jobs/nonce-store.ts";
import { sendTurn } from "../jobs/send-turn.ts";
import { type BudgetStore, budgetStore } from "../money/budget-store.ts";
import { Spending } from "../money/spending.ts";
import { DurableRequests } from "../requests/durable-requests.ts";
import { RequestDesk } from "../requests/request-desk.ts";
import { RequestStore } from "../requests/request-store.ts";
import { SpendService } from "../spend/spend-service.ts";
import type { Foundation } from "./foundation.ts";

const ISSUED_MAX = 200_000;

/** Everything that makes a request a job, and pays for it. */
export interface Execution {
  readonly archive: JobArchive;
  readonly ledger: JobLedger;
  readonly budgets: BudgetStore;
  readonly spending: Spending;
  readonly limits: RequestLimits;
  readonly vault: Vault;
  readonly requests: RequestStore;
  readonly durable: DurableRequests;
  readonly desk: RequestDesk;
  readonly spend: SpendService;
}

export function buildExecution(config: Config, foundation: Foundation, dependencies: GatewayDependencies, metrics: JobMetrics): Execution {
  const { env, bus, spenders, secrets, logger } = dependencies;
  const { chainId, sql, tenants, presence, chain, lanes, workers, catalogue } = foundation;
  const issued = new IssuedJobs({ countMax: ISSUED_MAX });
  const archive = new JobArchive({ sql, tenants });
  const ledger = new JobLedger({ chainId }, { env, sql, presence });
  const nonces = new NonceRanges({ rangeSize: config.GATEWAY_NONCE_RANGE }, { env, store: nonceStore(sql) });
  const maker = new JobMaker({ chainId }, { env, chain, nonces, spenders, issued, lanesOf: (id) => lanes.lanesOf(id) });
  const budgets = budgetStore({ sql, tenants, presence });
  const spending = new Spending({ blockUlam: config.GATEWAY_BUDGET_BLOCK }, { store: budgets, presence });
  const runner = new JobRunner(
    { chainId, attemptsMax: config.GATEWAY_ATTEMPTS_MAX },
    { env, bus, maker, workers, spending, ledger, verify: headVerifier(), metrics, logger, nextTurn: sendTurn() },
  );
  const vault = new Vault({ secret: secrets.secret }, { env, tenants });
  const requests = new RequestStore({ leaseMs: config.GATEWAY_LEASE_MS }, { sql, tenants });
  const durable = new DurableRequests(
    { asyncDeadlineMs: config.GATEWAY_ASYNC_DEADLINE_MS },
    { env, store: requests, vault, runner, catalogue, logger },
  );
  const limits = new RequestLimits({ store: limitStore({ sql, presence }), presence, logger });
  const desk = new RequestDesk({ deadlineMs: config.GATEWAY_DEADLINE_MS }, { env, limits, runner, durable });
  const spend = new SpendService({ chainId }, { env, bus, chain, spenders, issued, archive, logger });
  spend.start();
  return { archive, ledger, budgets, spending, limits, vault, requests, durable, desk, spend };
}
