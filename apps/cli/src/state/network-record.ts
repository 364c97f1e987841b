import type { Env } from "@lamina/primitives";
import { toHex } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { isRecord, readJson, writeJson } from "./json-file.ts";
import type { StateFolder } from "./state-folder.ts";

/** Raised whenever an older state folder can no longer be run. */
export const STATE_FORMAT = 1;

/** What the network in a state folder is. Written once, when it is made. */
export interface NetworkRecord {
  readonly format: number;
  /** Version of Lamina that made it; for people. */
  readonly madeBy: string;
  /** 16 random bytes as hex; every process of the network carries it in its environment. */
  readonly networkId: string;
  readonly chainId: string;
  readonly portBase: number;
  readonly validators: number;
  readonly workers: number;
  readonly database: "embedded" | "external";
  readonly createdAtMs: number;
}

/** What `up` was asked for; undefined where its user did not say. */
export interface NetworkWishes {
  readonly validators?: number | undefined;
  readonly database: "embedded" | "external";
}

export function newNetworkRecord(
  env: Pick<Env, "random" | "clock">,
  made: { madeBy: string; portBase: number; validators: number; workers: number; database: "embedded" | "external" },
): NetworkRecord {
  const networkId = toHex(env.random.bytes(16));
  return { format: STATE_FORMAT, networkId, chainId: `lamina-dev-${networkId.slice(0, 8)}`, createdAtMs: env.clock.nowMs(), ...made };
}

/** The record of a state folder, undefined where the folder holds no network. One of another format, or a broken one, is `STALE_STATE`. */
export async function readNetworkRecord(env: Pick<Env, "files">, folder: StateFolder): Promise<NetworkRecord | undefined> {
  const found = await readJson(env, folder.networkFile).catch((cause) => {
    throw staleState(folder, `${folder.networkFile} cannot be read`, cause);
  });
  if (found === undefined) return undefined;
  const fields = isRecord(found) ? found : {};
  if (fields["format"] !== STATE_FORMAT) {
    const madeBy = typeof fields["madeBy"] === "string" ? ` (made by Lamina ${fields["madeBy"]})` : "";
    throw staleState(folder, `${folder.home} holds a network of format ${String(fields["format"])}${madeBy}, expected format ${STATE_FORMAT}`);
  }
  if (!isNetworkRecord(fields)) throw staleState(folder, `${folder.networkFile} lacks fields that format ${STATE_FORMAT} has`);
  return fields;
}

export function writeNetworkRecord(env: Pick<Env, "files">, folder: StateFolder, record: NetworkRecord): Promise<void> {
  return writeJson(env, folder.networkFile, record);
}

/** Throws `STALE_STATE` where the network cannot be run as it is asked for: ports and workers may change, the rest is fixed when it is made. */
export function checkWishes(folder: StateFolder, record: NetworkRecord, wishes: NetworkWishes): void {
  if (wishes.validators !== undefined && wishes.validators !== record.validators) {
    throw new CliError(
      "STALE_STATE",
      `the network in ${folder.home} was made with --validators ${record.validators}, asked for --validators ${wishes.validators}`,
      `Run it without --validators, make another beside it with --home and --port-base, or start afresh with ./lamina reset --home ${folder.home}.`,
    );
  }
  if (wishes.database === record.database) return;
  const [found, wished] = [databaseName(record.database), databaseName(wishes.database)];
  throw new CliError(
    "STALE_STATE",
    `the network in ${folder.home} was made with ${found}, asked for ${wished}`,
    record.database === "embedded"
      ? "Unset DATABASE_URL, or make another network with --home."
      : "Set DATABASE_URL as it was, or make another network with --home.",
  );
}

function databaseName(database: "embedded" | "external"): string {
  return database === "embedded" ? "its own Postgres" : "the database that DATABASE_URL names";
}

function staleState(folder: StateFolder, problem: string, cause?: unknown): CliError {
  return new CliError("STALE_STATE", problem, `Start afresh with ./lamina reset --home ${folder.home}, or choose another folder with --home.`, {
    cause,
  });
}

function isNetworkRecord(fields: Record<string, unknown>): fields is Record<string, unknown> & NetworkRecord {
  const texts = ["madeBy", "networkId", "chainId"].every((name) => typeof fields[name] === "string");
  const numbers = ["portBase", "validators", "workers", "createdAtMs"].every((name) => Number.isSafeInteger(fields[name]));
  return texts && numbers && (fields["database"] === "embedded" || fields["database"] === "external");
}
