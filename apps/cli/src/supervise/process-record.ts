import type { Env, Signal } from "@lamina/primitives";
import type { ProcessIdentity } from "../host/process-identity.ts";
import { isRecord, readJson, writeJson } from "../state/json-file.ts";
import type { StateFolder } from "../state/state-folder.ts";

/** What remains on disk of a started process, so that somebody else can find and end exactly it. */
export interface ProcessRecord {
  readonly name: string;
  readonly identity: ProcessIdentity;
  readonly stopSignal: Signal;
  readonly stopGraceMs: number;
  /** Rises with each start: what started later ends first. */
  readonly order: number;
}

const SUFFIX = ".process.json";

export function writeProcessRecord(env: Pick<Env, "files">, folder: StateFolder, record: ProcessRecord): Promise<void> {
  return writeJson(env, folder.processFile(record.name), record);
}

export function removeProcessRecord(env: Pick<Env, "files">, folder: StateFolder, name: string): Promise<void> {
  return env.files.remove(folder.processFile(name));
}

/** All records, latest start first. A torn or foreign file is no record: the mark in the environment still finds its process. */
export async function readProcessRecords(env: Pick<Env, "files">, folder: StateFolder): Promise<ProcessRecord[]> {
  if ((await env.files.stat(folder.run)) === undefined) return [];
  const names = (await env.files.readdir(folder.run)).filter((name) => name.endsWith(SUFFIX));
  const found = await Promise.all(names.map((name) => readJson(env, `${folder.run}/${name}`).catch(() => undefined)));
  return found.filter(isProcessRecord).sort((left, right) => right.order - left.order);
}

export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  return isRecord(value) && Number.isSafeInteger(value["pid"]) && typeof value["startTicks"] === "string" && typeof value["bootId"] === "string";
}

function isProcessRecord(value: unknown): value is ProcessRecord {
  if (!isRecord(value) || !isProcessIdentity(value["identity"])) return false;
  return typeof value["name"] === "string" && typeof value["stopSignal"] === "string" && typeof value["order"] === "number";
}
