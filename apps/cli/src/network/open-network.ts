import type { UpCommand } from "../command-line.ts";
import type { CliContext } from "../context.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { PORT_BASE_DEFAULT, portLayout } from "../plan/ports.ts";
import { readEnvFile } from "../state/env-file.ts";
import type { NetworkRecord } from "../state/network-record.ts";
import { checkWishes, newNetworkRecord, readNetworkRecord, writeNetworkRecord } from "../state/network-record.ts";
import type { StateFolder } from "../state/state-folder.ts";

export const VALIDATORS_DEFAULT = 1;
export const WORKERS_DEFAULT = 3;

export interface OpenedNetwork {
  readonly inputs: NetworkInputs;
  /** Set where the user's own database is used. */
  readonly externalUrl: string | undefined;
}

/** Reads what network the folder holds, or decides what a new one is, and writes it down; `STALE_STATE` where it is not what is asked for. */
export async function openNetwork(context: CliContext, folder: StateFolder, command: UpCommand): Promise<OpenedNetwork> {
  const { env, checkout } = context;
  const found = await readNetworkRecord(env, folder);
  const externalUrl = await externalDatabase(context, folder, found);
  const database = externalUrl === undefined ? "embedded" : "external";
  // Until there is a chain nothing binds: a first `up` that stopped at a taken port may be repeated with other wishes.
  const isMade = found !== undefined && (await env.files.stat(folder.chain)) !== undefined;
  if (isMade) checkWishes(folder, found, { validators: command.validators, database });
  const base =
    found ??
    newNetworkRecord(env, {
      madeBy: context.version,
      portBase: PORT_BASE_DEFAULT,
      validators: VALIDATORS_DEFAULT,
      workers: WORKERS_DEFAULT,
      database,
    });
  const record: NetworkRecord = {
    ...base,
    database,
    portBase: command.portBase ?? base.portBase,
    validators: command.validators ?? base.validators,
    workers: command.workers ?? base.workers,
  };
  await writeNetworkRecord(env, folder, record);
  return { inputs: { checkout, folder, record, ports: portLayout(record.portBase) }, externalUrl };
}

/** A shell that sourced `.lamina/env` names our own Postgres in DATABASE_URL: that is no wish for another one. */
async function externalDatabase(context: CliContext, folder: StateFolder, found: NetworkRecord | undefined): Promise<string | undefined> {
  const wished = context.databaseUrl === "" ? undefined : context.databaseUrl;
  if (wished === undefined || found?.database !== "embedded") return wished;
  return (await readEnvFile(context.env, folder))["DATABASE_URL"] === wished ? undefined : wished;
}
