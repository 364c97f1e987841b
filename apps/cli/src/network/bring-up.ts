import type { BuiltModel } from "@lamina/models";
import { appMain } from "../checkout.ts";
import type { CliContext } from "../context.ts";
import { checkPorts, checkPrograms } from "../host/preconditions.ts";
import type { AppInputs } from "../plan/app-inputs.ts";
import { planChain } from "../plan/chain.ts";
import { planGateway } from "../plan/gateway.ts";
import { planIndexer } from "../plan/indexer.ts";
import { planNats } from "../plan/nats.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import type { ProcessPlan } from "../plan/process-plan.ts";
import { planSequencer } from "../plan/sequencer.ts";
import { planWorker } from "../plan/worker.ts";
import { writeEnvFile } from "../state/env-file.ts";
import type { Supervisor } from "../supervise/supervisor.ts";
import { chainBondChecker } from "./chain-bond-checker.ts";
import { ChainLink } from "./chain-link.ts";
import { ensureCheckpoint } from "./checkpoint.ts";
import { runFirstJobs } from "./demo/first-jobs.ts";
import { isVerified, jobsTable } from "./demo/jobs-table.ts";
import { ensureGatewaySecrets, ensureOrganisation } from "./demo/organisation.ts";
import { DEMO } from "./enlist/demo-amounts.ts";
import { type Enlisted, enlist } from "./enlist/enlist.ts";
import { ensureIdentities, type Identities } from "./identities/identities.ts";
import { NetworkBus } from "./network-bus.ts";
import { prepareChain } from "./prepare-chain.ts";
import { type DatabasePlan, openDatabase, prepareDatabase } from "./prepare-database.ts";
import { prepareModels } from "./prepare-models.ts";
import { prepareNats } from "./prepare-nats.ts";
import { WorkerBirths } from "./worker-births.ts";

export interface BringUpOptions {
  /** The user's own database. */
  readonly externalUrl: string | undefined;
  /** False where what is printed is kept in a log (I31). */
  readonly mayPrintKey: boolean;
  /** Aborts the start. */
  readonly signal: AbortSignal;
  /** Aborts what goes on beside the processes, when they are to be stopped. */
  readonly ending: AbortSignal;
}

/** A network whose files are ready and of which nothing runs yet. */
interface PreparedNetwork {
  readonly identities: Identities;
  readonly models: readonly BuiltModel[];
  readonly chain: ChainLink;
  readonly bus: NetworkBus;
  readonly natsUrl: string;
  readonly database: DatabasePlan;
  /** Postgres, NATS and the validators. */
  readonly foundation: readonly ProcessPlan[];
}

/** Starts everything in order, sends one job to each model, and prints what became of them. Answers whether every receipt verified. */
export async function bringUp(context: CliContext, inputs: NetworkInputs, supervisor: Supervisor, options: BringUpOptions): Promise<boolean> {
  const { env, report } = context;
  const { record, folder, ports } = inputs;
  report.progress(`${record.chainId} in ${folder.home}, ports from ${ports.base}`);
  const network = await prepare(context, inputs, options);
  await supervisor.startAll(network.foundation, options.signal);
  const [databaseUrlFiles, enlisted] = await Promise.all([
    openDatabase(env, inputs, network.database, report.progress),
    register(context, network),
    network.bus.furnish(network.natsUrl),
  ]);
  await network.bus.admitWorkers();
  void network.bus.keepRenewing(options.ending, report.progress);
  const checkpoint = await ensureCheckpoint(env, folder, network.chain);
  const { identities, models, natsUrl, chain } = network;
  const appInputs = { ...inputs, identities, rpcUrl: chain.url, natsUrl, databaseUrlFiles, modelsFolder: context.checkout.modelsFolder };
  await startApps(context, appInputs, supervisor, options.signal);
  const urls = { gatewayUrl: `http://127.0.0.1:${ports.gateway}`, indexUrl: `http://127.0.0.1:${ports.index}` };
  const adminUrl = `http://127.0.0.1:${ports.gatewayAdmin}`;
  const apiKey = await ensureOrganisation(env, folder, { gatewayUrl: urls.gatewayUrl, adminUrl, laneId: enlisted.laneId });
  await writeEnvFile(env, folder, {
    GATEWAY_URL: urls.gatewayUrl,
    INDEX_URL: urls.indexUrl,
    API_KEY: apiKey,
    DATABASE_URL: network.database.url,
    RPC_URL: chain.url,
    NATS_URL: natsUrl,
  });
  report.progress("sending one job to each model, and waiting until all are final");
  const jobs = await runFirstJobs(env, { ...urls, apiKey, checkpoint, models, signal: options.signal });
  report.answer(`\n${jobsTable(jobs, new Map(identities.workers.map(({ id, name }) => [id, name])))}\n`);
  const shown = [`GATEWAY_URL=${urls.gatewayUrl}`, `INDEX_URL=${urls.indexUrl}`, `RPC_URL=${chain.url}`];
  report.answer((options.mayPrintKey ? [...shown, `API_KEY=${apiKey}`] : shown).join("\n"));
  report.answer(`(all in ${folder.envFile}; trust anchor for receipts: ${folder.checkpointFile})`);
  return jobs.every(isVerified);
}

/** Writes keys, genesis and configurations, and finds what would stand in the way, before anything is started. */
async function prepare(context: CliContext, inputs: NetworkInputs, options: BringUpOptions): Promise<PreparedNetwork> {
  const { env, checkout } = context;
  const apps = (["gateway", "worker", "sequencer", "indexer"] as const).map((app) => appMain(checkout, app));
  await checkPrograms(env, [checkout.natsServer, checkout.laminad, ...apps]);
  const models = await prepareModels(context);
  const identities = await ensureIdentities(env, inputs.folder, inputs.record.workers);
  await ensureGatewaySecrets(env, inputs.folder);
  const chain = new ChainLink(inputs);
  const database = await prepareDatabase(env, inputs, { externalUrl: options.externalUrl, callerUid: context.callerUid });
  const bus = await NetworkBus.open(inputs, identities, { env, bonds: chainBondChecker(() => chain.reader()) });
  await prepareNats(env, inputs, bus.authority);
  const nodeIds = await prepareChain(env, inputs, [{ address: identities.treasury.address, coins: `${DEMO.treasuryUlam}ulam` }]);
  const own = database.process === undefined ? [] : [database.process];
  const foundation = [...own, planNats(inputs), ...planChain(inputs, nodeIds)];
  const natsUrl = `nats://127.0.0.1:${inputs.ports.nats}`;
  // The ports of the apps depend on nothing that is not known now: find them taken before the chain runs.
  const appInputs = {
    ...inputs,
    identities,
    rpcUrl: chain.url,
    natsUrl,
    databaseUrlFiles: { gateway: "", indexer: "" },
    modelsFolder: checkout.modelsFolder,
  };
  await checkPorts(env, [...foundation, ...planApps(appInputs, () => false)]);
  return { identities, models, chain, bus, natsUrl, database, foundation };
}

async function register({ env, report }: CliContext, { identities, chain, models }: PreparedNetwork): Promise<Enlisted> {
  const manifests = models.map(({ manifest }) => manifest);
  const options = { chainId: chain.chainId, manifests, onProgress: report.progress };
  return enlist(identities, options, { env, connection: await chain.connection() });
}

async function startApps({ env }: CliContext, inputs: AppInputs, supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  const births = await WorkerBirths.read(env, inputs.folder);
  const plans = planApps(inputs, (name) => !births.has(name));
  for (const plan of plans) await env.files.mkdir(plan.cwd);
  await supervisor.startAll(plans, signal);
  await births.add(inputs.identities.workers.map(({ name }) => name));
}

function planApps(inputs: AppInputs, isNewWorker: (name: string) => boolean): ProcessPlan[] {
  const workers = inputs.identities.workers.map(({ name }, index) => planWorker(inputs, index, isNewWorker(name)));
  return [planSequencer(inputs), ...workers, planIndexer(inputs), planGateway(inputs)];
}
