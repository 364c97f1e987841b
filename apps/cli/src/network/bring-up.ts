import { loadManifest, MODEL_NAMES } from "@lamina/models";
import type { CliContext } from "../context.ts";
import { checkPorts, checkPrograms } from "../host/preconditions.ts";
import { planChain } from "../plan/chain.ts";
import { planNats } from "../plan/nats.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import type { ProcessPlan } from "../plan/process-plan.ts";
import { startOrder } from "../plan/process-plan.ts";
import { claimDatabase, ensureDatabase } from "../postgres/database.ts";
import { writeEnvFile } from "../state/env-file.ts";
import type { Supervisor } from "../supervise/supervisor.ts";
import { chainBondChecker } from "./chain-bond-checker.ts";
import { ChainLink } from "./chain-link.ts";
import { ensureCheckpoint } from "./checkpoint.ts";
import { DEMO } from "./enlist/demo-amounts.ts";
import { type Enlisted, enlist } from "./enlist/enlist.ts";
import { ensureIdentities, type Identities } from "./identities/identities.ts";
import { NetworkBus } from "./network-bus.ts";
import { prepareChain } from "./prepare-chain.ts";
import { DATABASE_NAME, type DatabasePlan, prepareDatabase } from "./prepare-database.ts";
import { prepareNats } from "./prepare-nats.ts";

export interface BringUpOptions {
  /** The user's own database. */
  readonly externalUrl: string | undefined;
  /** Aborts the start. */
  readonly signal: AbortSignal;
  /** Aborts what goes on beside the processes, when they are to be stopped. */
  readonly ending: AbortSignal;
}

/** A network whose files are ready and of which nothing runs yet. */
interface PreparedNetwork {
  readonly identities: Identities;
  readonly chain: ChainLink;
  readonly bus: NetworkBus;
  readonly natsUrl: string;
  readonly database: DatabasePlan;
  readonly foundation: readonly ProcessPlan[];
}

/** Starts everything in order. Answers whether every receipt of the first jobs verified. */
export async function bringUp(context: CliContext, inputs: NetworkInputs, supervisor: Supervisor, options: BringUpOptions): Promise<boolean> {
  const { env, report } = context;
  const { folder, checkout, record, ports } = inputs;
  await checkPrograms(env, [checkout.natsServer, checkout.laminad]);
  report.progress(`${record.chainId} in ${folder.home}, ports from ${ports.base}`);
  const network = await prepare(context, inputs, options);
  await startFoundation(inputs, supervisor, network, options.signal);
  await Promise.all([network.bus.furnish(network.natsUrl), register(context, network)]);
  await network.bus.admitWorkers();
  void network.bus.keepRenewing(options.ending, report.progress);
  await ensureCheckpoint(env, folder, network.chain);
  await writeEnvFile(env, folder, { DATABASE_URL: network.database.url, RPC_URL: network.chain.url, NATS_URL: network.natsUrl });
  return true;
}

/** Writes keys, genesis and configurations, and finds what would stand in the way, before anything is started. */
async function prepare(context: CliContext, inputs: NetworkInputs, options: BringUpOptions): Promise<PreparedNetwork> {
  const { env } = context;
  const identities = await ensureIdentities(env, inputs.folder, inputs.record.workers);
  const chain = new ChainLink(inputs);
  const database = await prepareDatabase(env, inputs, { externalUrl: options.externalUrl, callerUid: context.callerUid });
  const bus = await NetworkBus.open(inputs, identities, { env, bonds: chainBondChecker(() => chain.reader()) });
  await prepareNats(env, inputs, bus.authority);
  const nodeIds = await prepareChain(env, inputs, [{ address: identities.treasury.address, coins: `${DEMO.treasuryUlam}ulam` }]);
  const foundation = startOrder([planNats(inputs), ...planChain(inputs, nodeIds)]);
  await checkPorts(env, database.process === undefined ? foundation : [database.process, ...foundation]);
  return { identities, chain, bus, natsUrl: `nats://127.0.0.1:${inputs.ports.nats}`, database, foundation };
}

async function startFoundation(inputs: NetworkInputs, supervisor: Supervisor, network: PreparedNetwork, signal: AbortSignal): Promise<void> {
  const { database, foundation } = network;
  if (database.process !== undefined) await supervisor.start(database.process, signal);
  if (database.adminUrl !== undefined) await ensureDatabase(database.adminUrl, DATABASE_NAME);
  await claimDatabase({ url: database.url, networkId: inputs.record.networkId });
  for (const plan of foundation) await supervisor.start(plan, signal);
}

async function register({ env, report }: CliContext, { identities, chain }: PreparedNetwork): Promise<Enlisted> {
  const manifests = await Promise.all(MODEL_NAMES.map((name) => loadManifest(name, env.files)));
  const options = { chainId: chain.chainId, manifests, onProgress: report.progress };
  return enlist(identities, options, { env, connection: await chain.connection() });
}
