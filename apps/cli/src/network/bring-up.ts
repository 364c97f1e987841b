import type { CliContext } from "../context.ts";
import { checkPorts, checkPrograms } from "../host/preconditions.ts";
import { planChain } from "../plan/chain.ts";
import { planNats } from "../plan/nats.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { startOrder } from "../plan/process-plan.ts";
import { claimDatabase, ensureDatabase } from "../postgres/database.ts";
import { writeEnvFile } from "../state/env-file.ts";
import type { Supervisor } from "../supervise/supervisor.ts";
import { openBusAuthority } from "./bus-authority.ts";
import { prepareChain } from "./prepare-chain.ts";
import type { DatabasePlan } from "./prepare-database.ts";
import { DATABASE_NAME, prepareDatabase } from "./prepare-database.ts";
import { prepareNats } from "./prepare-nats.ts";

export interface BringUpOptions {
  /** The user's own database. */
  readonly externalUrl: string | undefined;
  /** Aborts the start. */
  readonly signal: AbortSignal;
}

/** Starts everything in order. Answers whether every receipt of the first jobs verified. */
export async function bringUp(context: CliContext, inputs: NetworkInputs, supervisor: Supervisor, options: BringUpOptions): Promise<boolean> {
  const { env, report } = context;
  const { folder, checkout, ports, record } = inputs;
  await checkPrograms(env, [checkout.natsServer, checkout.laminad]);
  report.progress(`${record.chainId} in ${folder.home}, ports from ${ports.base}`);
  const database = await prepareDatabase(env, inputs, { externalUrl: options.externalUrl, callerUid: context.callerUid });
  await prepareNats(env, inputs, await openBusAuthority(env, inputs));
  const plans = startOrder([planNats(inputs), ...planChain(inputs, await prepareChain(env, inputs, []))]);
  await checkPorts(env, database.process === undefined ? plans : [database.process, ...plans]);
  await startDatabase(inputs, supervisor, database, options.signal);
  for (const plan of plans) await supervisor.start(plan, options.signal);
  await writeEnvFile(env, folder, {
    DATABASE_URL: database.url,
    RPC_URL: `http://127.0.0.1:${ports.validator(0).rpc}`,
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
  });
  return true;
}

async function startDatabase(inputs: NetworkInputs, supervisor: Supervisor, database: DatabasePlan, signal: AbortSignal): Promise<void> {
  if (database.process !== undefined) await supervisor.start(database.process, signal);
  if (database.adminUrl !== undefined) await ensureDatabase(database.adminUrl, DATABASE_NAME);
  await claimDatabase({ url: database.url, networkId: inputs.record.networkId });
}
