import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { releaseDatabase } from "../postgres/database.ts";
import { readEnvFile } from "../state/env-file.ts";
import { isRecord, readJson } from "../state/json-file.ts";
import { locateHome } from "../state/locate-home.ts";
import { STATE_FORMAT } from "../state/network-record.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { endNetwork } from "./down.ts";

/** Ends the network in a state folder and removes the folder. Refuses a folder that no Lamina network made. */
export async function reset(options: { readonly home: string | undefined }, context: CliContext): Promise<number> {
  const { env, report } = context;
  const folder = locateHome(context, options.home);
  if ((await env.files.stat(folder.home)) === undefined) {
    report.answer(`${folder.home} does not exist: nothing to reset`);
    return 0;
  }
  // Older formats and torn records must be removable too: that is what a reset is the remedy for.
  const record = await readJson(env, folder.networkFile).catch(() => ({}));
  if (record === undefined) await refuseForeignFolder(context, folder);
  const fields = isRecord(record) ? record : {};
  if (typeof fields["networkId"] === "string") {
    const ended = await endNetwork(context, folder, fields["networkId"], false);
    if (ended > 0) report.progress(`ended ${ended} processes`);
    if (fields["database"] === "external" && fields["format"] === STATE_FORMAT) await release(context, folder, fields["networkId"]);
  }
  await env.files.remove(folder.home);
  report.answer(`removed ${folder.home}`);
  return 0;
}

/** A folder of somebody else's is not ours to empty; one in which a first `up` stopped early holds nothing but our own empty folders. */
async function refuseForeignFolder(context: CliContext, folder: StateFolder): Promise<void> {
  const own = ["logs", "run"];
  const strangers = (await context.env.files.readdir(folder.home)).filter((name) => !own.includes(name));
  if (strangers.length === 0) return;
  throw new CliError(
    "STALE_STATE",
    `${folder.home} holds no Lamina network (found ${strangers.slice(0, 3).join(", ")})`,
    "Give the state folder with --home DIR.",
  );
}

async function release(context: CliContext, folder: StateFolder, networkId: string): Promise<void> {
  const url = context.databaseUrl ?? (await readEnvFile(context.env, folder))["DATABASE_URL"];
  if (url === undefined) return;
  const isReleased = await releaseDatabase({ url, networkId }).catch((error) => {
    context.report.progress(`the database keeps this network's tables: ${error instanceof Error ? error.message : error}`);
    return false;
  });
  if (isReleased) context.report.progress("removed this network's tables from the database");
}
