import { closeSql, connectSql, prepareRoles, type ServiceRole, type Sql, urlOfRole } from "@lamina/db";
import type { Env } from "@lamina/primitives";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { planPostgres } from "../plan/postgres.ts";
import type { ProcessPlan } from "../plan/process-plan.ts";
import { preparePostgresBinaries } from "../postgres/binaries.ts";
import { POSTGRES_USER, prepareCluster } from "../postgres/cluster.ts";
import { claimDatabase, databaseAnswers, ensureDatabase } from "../postgres/database.ts";
import { ensureSecret, writeSecret } from "../state/secrets.ts";

export const DATABASE_NAME = "lamina";

type DatabaseEnv = Pick<Env, "files" | "spawn" | "random">;

/** How this network reaches Postgres, and the process to run for it where it is our own. */
export interface DatabasePlan {
  /** The owner's. */
  readonly url: string;
  /** On the same server, the database that is always there; where our own is created from. */
  readonly adminUrl: string | undefined;
  readonly process: ProcessPlan | undefined;
}

/**
 * The user's server where `externalUrl` names one; else a cluster in the state folder, made at the first call. Theirs runs already, so a database
 * that we may not have is refused (`DATABASE_REFUSED`) before anything is started.
 */
export async function prepareDatabase(
  env: DatabaseEnv,
  inputs: NetworkInputs,
  options: { readonly externalUrl: string | undefined; readonly callerUid: number },
): Promise<DatabasePlan> {
  const { folder, checkout, record } = inputs;
  if (options.externalUrl !== undefined) {
    await claimDatabase({ url: options.externalUrl, networkId: record.networkId });
    return { url: options.externalUrl, adminUrl: undefined, process: undefined };
  }
  const password = await ensureSecret(env, folder, "postgres-password");
  const adminUrl = urlOf(inputs, password, "postgres");
  const urlFile = await writeSecret(env, folder, "postgres-admin-url", adminUrl);
  const binaries = await preparePostgresBinaries(env, checkout.postgresPackage, options.callerUid);
  await env.files.mkdir(folder.postgresFolder);
  const dataFolder = await prepareCluster(env, binaries, folder.postgresFolder, password);
  return { url: urlOf(inputs, password, DATABASE_NAME), adminUrl, process: planPostgres(inputs, binaries, dataFolder, urlFile) };
}

/**
 * Makes the database ours and gives each service a login of its own; answers the files that hold their URLs. The server runs. On a server where
 * the user may not make roles, or another network made them, all share the user's own login: its owner decides what that may do.
 */
export async function openDatabase(
  env: DatabaseEnv,
  inputs: NetworkInputs,
  plan: DatabasePlan,
  onProgress: (line: string) => void,
): Promise<{ gateway: string; indexer: string }> {
  const { folder, record } = inputs;
  if (plan.adminUrl !== undefined) await ensureDatabase(plan.adminUrl, DATABASE_NAME);
  await claimDatabase({ url: plan.url, networkId: record.networkId });
  const secret = (service: ServiceRole) => ensureSecret(env, folder, `database-${service}-password`);
  const passwords = { gateway: await secret("gateway"), indexer: await secret("indexer"), reader: await secret("reader") };
  const sql = connectSql(plan.url, { name: "lamina-supervisor", connectionsMax: 1 });
  try {
    const obstacle = plan.adminUrl === undefined ? await obstacleToRoles(sql, urlOfRole(plan.url, "gateway", passwords.gateway)) : undefined;
    const hasRoles = obstacle === undefined;
    if (hasRoles) await prepareRoles(sql, passwords);
    else onProgress(`${obstacle}: gateway and indexer share the login of DATABASE_URL`);
    const urlFor = (service: ServiceRole) => (hasRoles ? urlOfRole(plan.url, service, passwords[service]) : plan.url);
    const write = (service: ServiceRole) => writeSecret(env, folder, `database-${service}-url`, urlFor(service));
    await write("reader");
    return { gateway: await write("gateway"), indexer: await write("indexer") };
  } finally {
    await closeSql(sql);
  }
}

/** Roles belong to a whole server: with a new password for them, another network on it would be locked out. */
async function obstacleToRoles(sql: Sql, ownUrl: string): Promise<string | undefined> {
  if (!(await isSuperuser(sql))) return "DATABASE_URL's user is no superuser";
  const [taken] = await sql`select 1 from pg_roles where rolname = ${new URL(ownUrl).username}`;
  if (taken === undefined || (await databaseAnswers(ownUrl))) return undefined;
  return "another network has its roles on the server of DATABASE_URL";
}

async function isSuperuser(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ rolsuper: boolean }[]>`select rolsuper from pg_roles where rolname = current_user`;
  return row?.rolsuper === true;
}

function urlOf({ ports }: NetworkInputs, password: string, database: string): string {
  return `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${ports.postgres}/${database}`;
}
