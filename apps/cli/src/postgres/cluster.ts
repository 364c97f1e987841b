import { join } from "node:path";
import type { Env } from "@lamina/primitives";
import { encodeUtf8 } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { runTool } from "../host/run-tool.ts";
import type { PostgresBinaries } from "./binaries.ts";

export const POSTGRES_USER = "lamina";
export const POSTGRES_MAJOR = "18";
/**
 * The data folder as Postgres is told it: its own working directory. The kernel follows this link without walking the path, so that `nobody` can
 * work in a folder of its own below a 0700 one that it could never enter by name; state stays in the state folder.
 */
export const DATA_FOLDER_FROM_INSIDE = "/proc/self/cwd";

type ClusterEnv = Pick<Env, "files" | "spawn">;

/**
 * Creates the database cluster in `parent`/data where there is none: checksums, SCRAM for every connection, UTF-8. `password` reaches initdb
 * through a pipe alone. Answers the data folder; `STALE_STATE` where one of another major version lies there.
 */
export async function prepareCluster(env: ClusterEnv, binaries: PostgresBinaries, parent: string, password: string): Promise<string> {
  const data = join(parent, "data");
  if ((await env.files.stat(data)) !== undefined) {
    await checkVersion(env, data);
    return data;
  }
  // Made under another name, so that a folder called `data` is always complete.
  const unfinished = join(parent, "data.new");
  await env.files.remove(unfinished);
  await env.files.mkdir(unfinished);
  if (binaries.runAs !== undefined) await env.files.chown(unfinished, binaries.runAs.uid, binaries.runAs.gid);
  await runTool(env, "creating the Postgres cluster", join(binaries.folder, "bin", "initdb"), initdbArguments(), {
    env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
    cwd: unfinished,
    ...(binaries.runAs ?? {}),
    // Without a terminal of its own session initdb asks for the password on stdin, twice.
    detached: true,
    input: encodeUtf8(`${password}\n${password}\n`),
  }).catch((error) => {
    throw nameless(error) ?? error;
  });
  await env.files.rename(unfinished, data);
  return data;
}

/** Containers run by number alone have no line for their user in the system's list of accounts, and initdb asks for its name. */
function nameless(error: unknown): CliError | undefined {
  const uid = error instanceof Error ? /could not look up effective user ID ([0-9]+)/.exec(error.message)?.[1] : undefined;
  if (uid === undefined) return undefined;
  return new CliError(
    "NO_ACCOUNT",
    `user ${uid} has no entry in /etc/passwd, and Postgres will not run for a user without a name`,
    `Add one (useradd --uid ${uid} lamina), or set DATABASE_URL to a Postgres server of your own.`,
    { cause: error },
  );
}

function initdbArguments(): string[] {
  const locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  return ["-D", DATA_FOLDER_FROM_INSIDE, "-U", POSTGRES_USER, "--auth=scram-sha-256", "--pwprompt", "--data-checksums", ...locale];
}

async function checkVersion(env: ClusterEnv, data: string): Promise<void> {
  const found = new TextDecoder().decode(await env.files.readFile(join(data, "PG_VERSION"))).trim();
  if (found === POSTGRES_MAJOR) return;
  throw new CliError(
    "STALE_STATE",
    `${data} was made by Postgres ${found}, expected ${POSTGRES_MAJOR}`,
    "Start afresh with ./lamina reset, or choose another folder with --home.",
  );
}
