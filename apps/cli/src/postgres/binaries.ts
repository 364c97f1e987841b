import { basename, dirname, join } from "node:path";
import type { Env } from "@lamina/primitives";
import { FileError } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { runTool } from "../host/run-tool.ts";
import { isRecord, readJson } from "../state/json-file.ts";

/** Postgres refuses to run as root; `nobody` owns nothing and may do nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;
const OTHERS_MAY_ENTER = 0o001;
const OTHERS_MAY_READ_AND_RUN = 0o005;
/** Folders that only root can fill and everybody can enter. */
const SHARED_FOLDERS = ["/var/lib/lamina", "/opt/lamina"];

export interface PostgresBinaries {
  /** Holds bin/, lib/ and share/. */
  readonly folder: string;
  /** Set where the caller is root. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

type BinariesEnv = Pick<Env, "files" | "spawn">;

/**
 * Makes the Postgres binaries of the npm package runnable: adds the library links that its install script would have made, and, where the caller
 * is root, copies them out of any folder that `nobody` cannot enter.
 */
export async function preparePostgresBinaries(env: BinariesEnv, packageFolder: string, callerUid: number): Promise<PostgresBinaries> {
  const native = join(packageFolder, "native");
  if ((await env.files.stat(native)) === undefined) {
    throw new CliError(
      "NOT_BUILT",
      `the Postgres binaries are missing (${native})`,
      "Run npm ci, or set DATABASE_URL to a Postgres server of your own.",
    );
  }
  if (callerUid !== 0) {
    await linkLibraries(env, native);
    return { folder: native };
  }
  if (await mayNobodyRun(env, join(native, "bin", "postgres"))) {
    await linkLibraries(env, native);
    return { folder: native, runAs: NOBODY };
  }
  return { folder: await sharedCopy(env, packageFolder), runAs: NOBODY };
}

/** Tells whether every folder above `program` lets others through, and the program itself lets them run it. */
async function mayNobodyRun(env: BinariesEnv, program: string): Promise<boolean> {
  const file = await env.files.stat(program);
  if (file === undefined || (file.mode & OTHERS_MAY_READ_AND_RUN) !== OTHERS_MAY_READ_AND_RUN) return false;
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    const stat = await env.files.stat(folder);
    if (stat === undefined || (stat.mode & OTHERS_MAY_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Makes the links that pg-symlinks.json names as native/lib/NAME, relative, beside their sources. */
async function linkLibraries(env: BinariesEnv, native: string): Promise<void> {
  const links = await readJson(env, join(native, "pg-symlinks.json"));
  if (!Array.isArray(links)) throw new Error(`expected a list of links in ${native}/pg-symlinks.json`);
  for (const link of links) {
    if (!isRecord(link) || typeof link["source"] !== "string" || typeof link["target"] !== "string")
      throw new Error("expected links of {source, target}");
    const path = join(native, "lib", basename(link["target"]));
    if ((await env.files.stat(path)) !== undefined) continue;
    await env.files.symlink(basename(link["source"]), path).catch(ignoreExisting);
  }
}

/** Copies the binaries once per version to where everybody may run them; answers the copy's folder. */
async function sharedCopy(env: BinariesEnv, packageFolder: string): Promise<string> {
  const manifest = await readJson(env, join(packageFolder, "package.json"));
  const version = isRecord(manifest) ? String(manifest["version"]) : "unknown";
  const problems: string[] = [];
  for (const shared of SHARED_FOLDERS) {
    const folder = join(shared, `postgres-${version}`);
    if ((await env.files.stat(folder)) !== undefined && (await mayNobodyRun(env, join(folder, "bin", "postgres")))) return folder;
    try {
      await env.files.mkdir(shared, { mode: 0o755 });
      await copyTo(env, join(packageFolder, "native"), folder);
      if (await mayNobodyRun(env, join(folder, "bin", "postgres"))) return folder;
      problems.push(`${shared} cannot be entered by others`);
    } catch (error) {
      if (!(error instanceof FileError) && !(error instanceof CliError)) throw error;
      problems.push(error.message);
    }
  }
  throw new CliError(
    "NOT_WRITABLE",
    `Postgres must not run as root, and user 65534 cannot reach its binaries under ${packageFolder}; copying them failed: ${problems.join("; ")}`,
    "Run as another user, move the checkout out of private folders, or set DATABASE_URL.",
  );
}

async function copyTo(env: BinariesEnv, native: string, folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}.tmp`;
  await env.files.remove(unfinished);
  const environment = { PATH: "/usr/bin:/bin" };
  await runTool(env, "copying the Postgres binaries", "cp", ["-R", native, unfinished], { env: environment });
  await runTool(env, "opening the Postgres binaries to others", "chmod", ["-R", "a+rX", unfinished], { env: environment });
  await linkLibraries(env, unfinished);
  try {
    await env.files.rename(unfinished, folder);
  } catch (error) {
    // Another network, started at the same time, was first: its copy is as good.
    await env.files.remove(unfinished);
    if ((await env.files.stat(folder)) === undefined) throw error;
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof FileError) || error.code !== "FILE_EXISTS") throw error;
}
