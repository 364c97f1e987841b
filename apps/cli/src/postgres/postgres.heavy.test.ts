import { cp, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkoutAt } from "../checkout.ts";
import { hostSignals } from "../host/signals.ts";
import { DATABASE_NAME, openDatabase, prepareDatabase } from "../network/prepare-database.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { portLayout } from "../plan/ports.ts";
import { newNetworkRecord } from "../state/network-record.ts";
import { stateFolderAt } from "../state/state-folder.ts";
import { Supervisor } from "../supervise/supervisor.ts";
import { claimDatabase, databaseAnswers, ensureDatabase, releaseDatabase } from "./database.ts";

const env = nodeEnv();
const root = join(import.meta.dirname, "..", "..", "..", "..");
const never = new AbortController().signal;
const callerUid = process.getuid?.() ?? -1;
const report = { progress: () => undefined, answer: () => undefined, raw: () => undefined };

let home: string;
let inputs: NetworkInputs;
let supervisor: Supervisor;
let url: string;
let adminUrl: string;

/** Of mkdtemp's mode, 0700: nobody but its owner may enter. The binaries lie in it, too, as under root's own home. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lamina-postgres-"));
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  const checkout = checkoutAt(root, process.arch === "arm64" ? "arm64" : "x64");
  const postgresPackage = join(home, "package");
  await cp(checkout.postgresPackage, postgresPackage, { recursive: true, verbatimSymlinks: true });
  const folder = stateFolderAt(join(home, "state"));
  for (const each of [folder.run, folder.logs]) await env.files.mkdir(each);
  const record = newNetworkRecord(env, { madeBy: "test", portBase: 0, validators: 1, workers: 1, database: "embedded" });
  const ports = { ...portLayout(21_000), postgres: await freePort() };
  inputs = { checkout: { ...checkout, postgresPackage }, folder, record, ports };
  const plan = await prepareDatabase(env, inputs, { externalUrl: undefined, callerUid });
  if (plan.process === undefined || plan.adminUrl === undefined) throw new Error("expected a Postgres of our own");
  [url, adminUrl] = [plan.url, plan.adminUrl];
  supervisor = new Supervisor(
    { folder, networkId: record.networkId, onChange: () => undefined },
    { env, signals: hostSignals, report, databaseAnswers },
  );
  await supervisor.start(plan.process, never);
  await ensureDatabase(adminUrl, DATABASE_NAME);
});

afterAll(async () => {
  await supervisor.stop();
  await rm(home, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function query(address: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(address, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

async function setting(name: string): Promise<unknown> {
  return (await query(adminUrl, `show ${name}`))[0]?.[name];
}

test("what is written survives a crash of the server", async () => {
  await query(url, "create table public.kept (value int); insert into public.kept values (7)");
  process.kill(supervisor.statuses[0]?.pid as number, "SIGKILL");
  while (supervisor.statuses[0]?.restarts !== 1 || supervisor.statuses[0].state !== "ready") await env.timers.sleep(50);
  expect(await query(url, "select value from public.kept")).toEqual([{ value: 7 }]);
  await query(url, "drop table public.kept");
});

test("it keeps what it acknowledges, checks its pages, and listens on loopback alone", async () => {
  expect(await setting("data_checksums")).toBe("on");
  expect(await setting("fsync")).toBe("on");
  expect(await setting("full_page_writes")).toBe("on");
  expect(await setting("synchronous_commit")).toBe("on");
  expect(await setting("listen_addresses")).toBe("127.0.0.1");
  expect(await setting("unix_socket_directories")).toBe("");
  expect(await setting("server_encoding")).toBe("UTF8");
});

test("a wrong password is refused", async () => {
  expect(await databaseAnswers(url)).toBe(true);
  const wrong = new URL(url);
  wrong.password = "wrong";
  expect(await databaseAnswers(wrong.href)).toBe(false);
  await expect(query(wrong.href, "select 1")).rejects.toThrow("password authentication failed");
});

describe("logins of the services", () => {
  const read = async (file: string) => (await readFile(file, "utf8")).trim();

  test("each has its own, and none reads another's schema", async () => {
    const said: string[] = [];
    const files = await openDatabase(env, inputs, { url, adminUrl, process: undefined }, (line) => said.push(line));
    const [gateway, indexer] = [await read(files.gateway), await read(files.indexer)];
    await query(gateway, "create table gateway.secrets (value text)");
    await query(indexer, "create table index.heights (value int)");
    await expect(query(indexer, "select * from gateway.secrets")).rejects.toThrow("permission denied for schema gateway");
    await expect(query(gateway, "select * from index.heights")).rejects.toThrow("permission denied for schema index");
    await expect(query(gateway, "create role other")).rejects.toThrow("permission denied to create role");
    expect((await stat(files.gateway)).mode & 0o777).toBe(0o600);
    expect(said).toEqual([]);
    // A second start finds everything there.
    expect(await openDatabase(env, inputs, { url, adminUrl, process: undefined }, () => undefined)).toEqual(files);
  });

  test("of another network on the same server stay as they are: the second shares its user's login, and is told", async () => {
    await query(adminUrl, "create database neighbour");
    const theirs = adminUrl.replace(/\/postgres$/, "/neighbour");
    const folder = stateFolderAt(join(home, "neighbour"));
    await env.files.mkdir(folder.keys);
    const said: string[] = [];
    const plan = { url: theirs, adminUrl: undefined, process: undefined };
    const files = await openDatabase(env, { ...inputs, folder }, plan, (line) => said.push(line));
    expect(said).toEqual(["another network has its roles on the server of DATABASE_URL: gateway and indexer share the login of DATABASE_URL"]);
    expect(await read(files.gateway)).toBe(theirs);
    expect(await databaseAnswers(await read(stateFolderAt(join(home, "state")).keyFile("database-gateway-url")))).toBe(true);
  });

  test("a user of a foreign server that may not make roles shares its own, and is told", async () => {
    await query(adminUrl, "create role tenant login password 'tenant'");
    await query(adminUrl, "create database tenant owner tenant");
    const theirs = new URL(adminUrl);
    Object.assign(theirs, { username: "tenant", password: "tenant", pathname: "/tenant" });
    const folder = stateFolderAt(join(home, "tenant"));
    await env.files.mkdir(folder.keys);
    const said: string[] = [];
    const files = await openDatabase(env, { ...inputs, folder }, { url: theirs.href, adminUrl: undefined, process: undefined }, (line) =>
      said.push(line),
    );
    expect(await read(files.gateway)).toBe(theirs.href);
    expect(await read(files.indexer)).toBe(theirs.href);
    expect(said).toEqual(["DATABASE_URL's user is no superuser: gateway and indexer share the login of DATABASE_URL"]);
  });
});

describe("a database that the user names", () => {
  const [ours, other] = ["1".repeat(32), "2".repeat(32)];

  async function database(name: string): Promise<string> {
    await query(adminUrl, `create database ${name}`);
    return adminUrl.replace(/\/postgres$/, `/${name}`);
  }

  test("is claimed where it is empty, and again where it is ours", async () => {
    const empty = await database("empty");
    await claimDatabase({ url: empty, networkId: ours });
    await query(empty, "create schema gateway; create table gateway.jobs (id int)");
    await claimDatabase({ url: empty, networkId: ours });
  });

  test("is refused where it is another network's", async () => {
    const taken = await database("taken");
    await claimDatabase({ url: taken, networkId: other });
    await expect(claimDatabase({ url: taken, networkId: ours })).rejects.toThrow(
      /\/taken that DATABASE_URL names belongs to another Lamina network .*Give an empty database/,
    );
  });

  test("is refused where it holds anything else, and told without its password", async () => {
    const foreign = await database("foreign_one");
    await query(foreign, "create table invoices (id int)");
    const refusal = await claimDatabase({ url: foreign, networkId: ours }).catch((error: Error) => error.message);
    expect(refusal).toContain("holds 1 relations that are not Lamina's (public.invoices)");
    expect(refusal).not.toContain(new URL(foreign).password);
    expect(await query(foreign, "select to_regclass('lamina.network') as found")).toEqual([{ found: null }]);
  });

  test("is refused where it cannot be reached", async () => {
    await expect(claimDatabase({ url: adminUrl.replace(/\/postgres$/, "/nowhere"), networkId: ours })).rejects.toThrow(
      /cannot be used: database "nowhere" does not exist/,
    );
  });

  test("gives back what is ours at a reset, and nothing else", async () => {
    const mine = await database("mine");
    await claimDatabase({ url: mine, networkId: ours });
    await query(mine, "create schema gateway; create table gateway.jobs (id int)");
    expect(await releaseDatabase({ url: mine, networkId: other })).toBe(false);
    expect(await query(mine, "select to_regclass('gateway.jobs')::text as found")).toEqual([{ found: "gateway.jobs" }]);
    expect(await releaseDatabase({ url: mine, networkId: ours })).toBe(true);
    await claimDatabase({ url: mine, networkId: other });
  });
});
