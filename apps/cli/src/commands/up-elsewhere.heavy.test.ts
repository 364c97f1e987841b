import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkoutAt } from "../checkout.ts";
import { PORTS_PER_NETWORK } from "../plan/ports.ts";
import { preparePostgresBinaries } from "../postgres/binaries.ts";
import { readEnvFile } from "../state/env-file.ts";
import { stateFolderAt } from "../state/state-folder.ts";
import { ownProcesses } from "../supervise/own-processes.ts";
import { type Ended, freePortBase, lamina, REPOSITORY } from "../testing/lamina.ts";
import { smallDisks } from "../testing/small-disk.ts";
import { privateFolderOf, type Unprivileged, unprivilegedUser } from "../testing/unprivileged.ts";
import type { NetworkStatus } from "./status.ts";

// `up` for a user without privileges, and on a Postgres that is not its own: the first network's server is the second's stranger.

const env = nodeEnv();
const NOBODY_IN_THE_LIST = 61_234;
let user: Unprivileged;
let parent: string;
let base: number;
let server: string;

const home = (name: string) => join(parent, name);
const folder = (name: string) => stateFolderAt(home(name));
const as = (words: readonly string[], environment = {}) => lamina(words, { HOME: parent, ...environment }, user.through);
const up = (name: string, place: number, ...words: string[]) => [
  "up",
  "--workers",
  "1",
  "--home",
  home(name),
  "--port-base",
  `${base + place * PORTS_PER_NETWORK}`,
  ...words,
];
const onTheirs = (name: string, database: string) => as(up(name, 1, "--once"), { DATABASE_URL: urlOf(database) });

beforeAll(async () => {
  user = unprivilegedUser();
  // In a checkout of their own the first `up` makes these links itself; this one may be root's.
  await preparePostgresBinaries(env, checkoutAt(REPOSITORY, process.arch === "arm64" ? "arm64" : "x64").postgresPackage, user.uid);
  parent = await privateFolderOf(user, "lamina-elsewhere-");
  base = await freePortBase(2);
});

afterAll(async () => {
  for (const name of ["own", "second"]) await as(["down", "--home", home(name)]);
  await rm(parent, { recursive: true });
});

function urlOf(database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function query(database: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(urlOf(database), { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

const tables = (database: string) =>
  query(database, "select table_schema || '.' || table_name as name from information_schema.tables where table_schema !~ '^(pg_|information)'");

/** What stopped the command, as its one line. */
function refusal({ code, stderr }: Ended): string {
  expect(code).toBe(1);
  return stderr.trimEnd().split("\n").at(-1) ?? "";
}

function expectVerifiedTable({ code, stdout, stderr }: Ended): void {
  expect(stdout.match(/ yes$/gm), stdout + stderr).toHaveLength(3);
  expect(code).toBe(0);
}

test("a user without privileges gets a network in a folder that nobody else may enter", async () => {
  expect((await stat(parent)).mode & 0o777).toBe(0o700);
  const started = await as(up("own", 0, "--detach"));
  expectVerifiedTable(started);
  const { processes, network } = JSON.parse((await as(["status", "--json", "--home", home("own")])).stdout) as NetworkStatus;
  expect(processes.map(({ name }) => name)).toContain("postgres");
  for (const { name, pid } of processes) expect((await stat(`/proc/${pid}`)).uid, name).toBe(user.uid);
  expect(network?.validators).toBe(1);
  server = (await readEnvFile(env, folder("own")))["DATABASE_URL"] ?? "";
});

describe("a database that DATABASE_URL names", () => {
  test("is refused where it holds tables of somebody else, before anything starts, and stays as it was", async () => {
    await query("postgres", "create database theirs");
    await query("theirs", "create table invoices (id int)");
    const refused = await onTheirs("second", "theirs");
    expect(refusal(refused)).toMatch(
      /^lamina: the database \S+\/theirs that DATABASE_URL names holds 1 relations that are not Lamina's \(public\.invoices\)\. /,
    );
    expect(refused.stderr).not.toContain("ready in");
    expect(refused.stderr).not.toContain(new URL(server).password);
    expect(await tables("theirs")).toEqual([{ name: "public.invoices" }]);
  });

  test("is refused where no server answers", async () => {
    const refused = await as(up("second", 1, "--once"), { DATABASE_URL: "postgres://u:secret@127.0.0.1:1/x" });
    expect(refusal(refused)).toMatch(
      /^lamina: the database 127\.0\.0\.1:1\/x that DATABASE_URL names cannot be used: .*ECONNREFUSED.*\. Give an empty database/,
    );
    expect(refused.stderr).not.toContain("secret");
  });

  test("is used where it is empty, without a Postgres of our own, and used again where it is ours", async () => {
    await query("postgres", "create database empty");
    const first = await onTheirs("second", "empty");
    expectVerifiedTable(first);
    expect(first.stderr).not.toContain("postgres ready");
    const found = await query("empty", "select network_id from lamina.network");
    expect(found).toEqual([{ network_id: (await recordOf("second")).networkId }]);
    // Accepted again, and then stopped by the first network's ports: starting it once more would show no more of the database.
    const again = await as(up("second", 0, "--once"), { DATABASE_URL: urlOf("empty") });
    expect(refusal(again)).toMatch(/^lamina: port [0-9]+, which \S+ needs for .*, is taken by process [0-9]+ /);
    expect(await ownProcesses(env, folder("second"), (await recordOf("second")).networkId)).toEqual([]);
  });

  test("is refused to another network, and the first one's logins still work", async () => {
    const refused = await onTheirs("third", "empty");
    expect(refusal(refused)).toMatch(
      /\/empty that DATABASE_URL names belongs to another Lamina network \([0-9a-f]{32}; this one is [0-9a-f]{32}\)\. /,
    );
    const { GATEWAY_URL: gateway, API_KEY: key } = await readEnvFile(env, folder("own"));
    const account = await fetch(`${gateway}/lamina/v1/account`, { headers: { authorization: `Bearer ${key}` } });
    expect(account.status).toBe(200);
  });

  test("is given back by a reset", async () => {
    expect(await as(["reset", "--home", home("second")], { DATABASE_URL: urlOf("empty") })).toMatchObject({ code: 0 });
    expect(await tables("empty")).toEqual([]);
  });
});

test("nothing is left of an unprivileged network whose supervisor was killed", async () => {
  const { networkId } = await recordOf("own");
  const { supervisorPid } = JSON.parse((await as(["status", "--json", "--home", home("own")])).stdout) as NetworkStatus;
  process.kill(supervisorPid as number, "SIGKILL");
  expect(await as(["down", "--home", home("own")])).toMatchObject({ code: 0 });
  await expect.poll(() => ownProcesses(env, folder("own"), networkId), { timeout: 60_000 }).toEqual([]);
});

describe("what stands in the way is told in one line with its remedy", () => {
  test("a state folder of another format", async () => {
    await env.files.mkdir(home("stale"));
    await env.files.createFile(join(home("stale"), "network.json"), new TextEncoder().encode('{"format":999,"madeBy":"9.0.0"}'));
    const refused = await lamina(up("stale", 1, "--once"));
    expect(refusal(refused)).toMatch(
      /^lamina: \S+\/stale holds a network of format 999 \(made by Lamina 9\.0\.0\), expected format 1\. .*\.\/lamina reset/,
    );
  });

  test("a state folder that may not be written", async () => {
    const refused = await as(["up", "--home", "/usr/lamina"]);
    expect(refusal(refused)).toMatch(/^lamina: cannot write the state folder \/usr\/lamina: .*\. Choose another with --home DIR/);
  });

  test.each(smallDisks())("a full disk: $name", async ({ through, told }) => {
    await env.files.mkdir(home("full"));
    const refused = await lamina(up("full", 1, "--once"), {}, through(home("full")));
    expect(refusal(refused)).toMatch(told);
  });

  test("a user that the machine has no name for", async () => {
    if (process.getuid?.() !== 0) return expectNamed();
    const stranger = user.through.map((word) => word.replaceAll(/(--re[ug]id=)[0-9]+/g, `$1${NOBODY_IN_THE_LIST}`));
    const nameless = await privateFolderOf({ uid: NOBODY_IN_THE_LIST, through: stranger }, "lamina-nameless-");
    const refused = await lamina(["up", "--home", nameless, "--port-base", `${base + PORTS_PER_NETWORK}`], { HOME: nameless }, stranger);
    expect(refusal(refused)).toBe(
      `lamina: user ${NOBODY_IN_THE_LIST} has no entry in /etc/passwd, and Postgres will not run for a user without a name. ` +
        `Add one (useradd --uid ${NOBODY_IN_THE_LIST} lamina), or set DATABASE_URL to a Postgres server of your own.`,
    );
    await rm(nameless, { recursive: true });
  });
});

/** Only root can become a stranger; anybody else got past this check with the first network. */
function expectNamed(): void {
  expect(server).not.toBe("");
}

async function recordOf(name: string): Promise<{ networkId: string }> {
  return JSON.parse(await readFile(folder(name).networkFile, "utf8")) as { networkId: string };
}
