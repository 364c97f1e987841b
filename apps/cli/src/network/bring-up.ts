import type { BusAuthority } from "@lamina/messaging";
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
import { prepareDatabase } from "./prepare-database.ts";
import { prepareNats } from "./prepare-nats.ts";

export interface BringUpOptions {
  readonly externalUrl: string | undefined;
  readonly signal: AbortSignal;
}

/** Starts everything in order. Answers whether every receipt of the first jobs verified. */
export async function bringUp(context: CliContext, inputs: NetworkInputs, supervisor: Supervisor, options: BringUpOptions): Promise<boolean> {
  const { env, report } = context;
  const { folder, checkout, ports, record } = inputs;
  await checkPrograms(env, [checkout.natsServer, checkout.laminad]);
  report.progress(`${record.chainId} in ${folder.home}, ports from ${ports.base}`);
  const database = await prepareDatabase(env, inputs, { externalUrl: options.externalUrl, callerUid: context.callerUid });
  const plans = startOrder([...(database.process === undefined ? [] : [database.process]), planNats(inputs), ...planChain(inputs)]);
  await checkPorts(env, plans);
  const authority: BusAuthority = await openBusAuthority(env, inputs);
  await prepareNats(env, inputs, authority);
  await prepareChain(env, inputs, []);
  for (const plan of plans) {
    await supervisor.start(plan, options.signal);
    if (plan.name !== "postgres") continue;
    if (database.adminUrl !== undefined) await ensureDatabase(database.adminUrl, "lamina");
  }
  await claimDatabase({ url: database.url, networkId: record.networkId });
  await writeEnvFile(env, folder, {
    DATABASE_URL: database.url,
    RPC_URL: `http://127.0.0.1:${ports.validator(0).rpc}`,
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
  });
  return true;
}
