import type { Env } from "@lamina/primitives";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { planPostgres } from "../plan/postgres.ts";
import type { ProcessPlan } from "../plan/process-plan.ts";
import { preparePostgresBinaries } from "../postgres/binaries.ts";
import { POSTGRES_USER, prepareCluster } from "../postgres/cluster.ts";
import { ensureSecret, writeSecret } from "../state/secrets.ts";

export const DATABASE_NAME = "lamina";

/** How this network reaches Postgres, and the process to run for it where it is our own. */
export interface DatabasePlan {
  readonly url: string;
  /** On the same server, the database that is always there; where our own is created from. */
  readonly adminUrl: string | undefined;
  readonly process: ProcessPlan | undefined;
}

/** The user's server where `externalUrl` names one; else a cluster in the state folder, made at the first call. */
export async function prepareDatabase(
  env: Pick<Env, "files" | "spawn" | "random">,
  inputs: NetworkInputs,
  options: { readonly externalUrl: string | undefined; readonly callerUid: number },
): Promise<DatabasePlan> {
  if (options.externalUrl !== undefined) return { url: options.externalUrl, adminUrl: undefined, process: undefined };
  const { folder, checkout } = inputs;
  const password = await ensureSecret(env, folder, "postgres-password");
  const adminUrl = urlOf(inputs, password, "postgres");
  const urlFile = await writeSecret(env, folder, "postgres-admin-url", adminUrl);
  const binaries = await preparePostgresBinaries(env, checkout.postgresPackage, options.callerUid);
  await env.files.mkdir(folder.postgresFolder);
  const dataFolder = await prepareCluster(env, binaries, folder.postgresFolder, password);
  return { url: urlOf(inputs, password, DATABASE_NAME), adminUrl, process: planPostgres(inputs, binaries, dataFolder, urlFile) };
}

function urlOf({ ports }: NetworkInputs, password: string, database: string): string {
  return `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${ports.postgres}/${database}`;
}
