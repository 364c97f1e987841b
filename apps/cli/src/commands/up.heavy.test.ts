import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identify, isAlive } from "../host/process-identity.ts";
import { portLayout } from "../plan/ports.ts";
import { databaseAnswers } from "../postgres/database.ts";
import { readEnvFile } from "../state/env-file.ts";
import { stateFolderAt } from "../state/state-folder.ts";
import { ownProcesses } from "../supervise/own-processes.ts";
import { freePortBase, lamina } from "../testing/lamina.ts";
import type { NetworkStatus } from "./status.ts";

const env = nodeEnv();
let parent: string;
let homes: string[];
let base: number;

/** mkdtemp's mode is 0700: every network here lives in a folder that only its owner may enter. */
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "lamina-up-"));
  expect((await stat(parent)).mode & 0o777).toBe(0o700);
  homes = ["one", "two"].map((name) => join(parent, name));
  base = await freePortBase(2);
});

afterEach(async () => {
  for (const home of homes) await lamina(["down", "--home", home]);
  await rm(parent, { recursive: true });
});

const start = (index: number, ...args: string[]) =>
  lamina(["up", "--detach", "--home", homes[index] as string, "--port-base", `${base + index * 200}`, ...args]);

async function status(index: number): Promise<NetworkStatus> {
  return JSON.parse((await lamina(["status", "--json", "--home", homes[index] as string])).stdout) as NetworkStatus;
}

function folderOf(index: number) {
  return stateFolderAt(homes[index] as string);
}

async function living(index: number) {
  const { networkId } = JSON.parse(await readFile(folderOf(index).networkFile, "utf8")) as { networkId: string };
  return ownProcesses(env, folderOf(index), networkId);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await env.timers.sleep(100);
}

async function heightOf(index: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${portLayout(base + index * 200).validator(0).rpc}/status`);
  const body = (await answer.json()) as { result: { sync_info: { latest_block_height: string } } };
  return Number(body.result.sync_info.latest_block_height);
}

test("two networks run side by side; one ends without the other", async () => {
  expect(await start(0)).toMatchObject({ code: 0 });
  expect(await start(1, "--validators", "2")).toMatchObject({ code: 0 });
  const [first, second] = [await status(0), await status(1)];
  expect([first.state, second.state]).toEqual(["up", "up"]);
  expect(first.network?.chainId).not.toBe(second.network?.chainId);
  expect(second.processes.map(({ name }) => name)).toEqual(expect.arrayContaining(["postgres", "nats", "validator-0", "validator-1"]));
  const values = await readEnvFile(env, folderOf(0));
  expect(values).toMatchObject({ NATS_URL: `nats://127.0.0.1:${base + 3}`, RPC_URL: `http://127.0.0.1:${base + 101}` });
  expect(await databaseAnswers(values["DATABASE_URL"] ?? "")).toBe(true);
  expect((await stat(folderOf(0).envFile)).mode & 0o777).toBe(0o600);
  expect(await lamina(["down", "--home", homes[0] as string])).toMatchObject({ code: 0 });
  expect(await living(0)).toEqual([]);
  expect((await status(0)).state).toBe("down");
  expect((await status(1)).state).toBe("up");
});

test("a chain goes on where it stopped, also at other ports", async () => {
  expect(await start(0)).toMatchObject({ code: 0 });
  await until(async () => (await heightOf(0)) >= 3);
  await lamina(["down", "--home", homes[0] as string]);
  const again = await lamina(["up", "--detach", "--home", homes[0] as string, "--port-base", `${base + 200}`]);
  expect(again.code).toBe(0);
  expect(await heightOf(1)).toBeGreaterThanOrEqual(3);
});

test("a killed supervisor takes everything with it, and the network can be started again", async () => {
  expect(await start(0)).toMatchObject({ code: 0 });
  const before = await status(0);
  process.kill(before.supervisorPid as number, "SIGKILL");
  await until(async () => (await living(0)).length === 0);
  expect(await start(0)).toMatchObject({ code: 0 });
  expect((await status(0)).state).toBe("up");
});

test("down ends what is left when supervisor and guard are gone, and only that", async () => {
  expect(await start(0)).toMatchObject({ code: 0 });
  const { supervisorPid } = await status(0);
  const stranger = await identify(env, process.pid);
  const guards = await env.files.readFile(`/proc/${supervisorPid}/task/${supervisorPid}/children`);
  const children = new TextDecoder().decode(guards).trim().split(" ").map(Number);
  const own = (await living(0)).map(({ pid }) => pid);
  for (const pid of children) if (!own.includes(pid)) process.kill(pid, "SIGKILL");
  process.kill(supervisorPid as number, "SIGKILL");
  await until(async () => (await status(0)).state === "orphaned");
  expect((await lamina(["status", "--home", homes[0] as string])).stdout).toMatch(/left behind: processes [0-9, ]+; \.\/lamina down ends them/);
  expect(await lamina(["down", "--home", homes[0] as string])).toMatchObject({ code: 0 });
  expect(await living(0)).toEqual([]);
  expect(stranger && (await isAlive(env, stranger))).toBe(true);
});

test("what stands in the way is told in one line with its remedy", async () => {
  expect(await start(0)).toMatchObject({ code: 0 });
  const twice = await start(0);
  expect(twice.code).toBe(1);
  expect(twice.stdout + twice.stderr).toMatch(/lamina: a network already runs in .*\. See \.\/lamina status, end it with \.\/lamina down/);
  const samePorts = await lamina(["up", "--home", homes[1] as string, "--port-base", `${base}`]);
  expect(samePorts.code).toBe(1);
  expect(samePorts.stderr).toMatch(
    /lamina: port [0-9]+, which postgres needs for SQL, is taken by process [0-9]+ \(.*postgres.*\)\. End that process, or put the network elsewhere/,
  );
  await lamina(["down", "--home", homes[0] as string]);
  const moreValidators = await start(0, "--validators", "4");
  expect(moreValidators.code).toBe(1);
  expect(moreValidators.stdout + moreValidators.stderr).toMatch(
    /was made with --validators 1, asked for --validators 4\. Run it without --validators/,
  );
});

test("reset removes a network, and nothing that is not one", async () => {
  expect(await start(0)).toMatchObject({ code: 0 });
  expect(await lamina(["reset", "--home", homes[0] as string])).toMatchObject({ code: 0 });
  expect(await env.files.stat(homes[0] as string)).toBeUndefined();
  await env.files.mkdir(homes[1] as string);
  await env.files.createFile(join(homes[1] as string, "thesis.txt"), new Uint8Array(1));
  const refused = await lamina(["reset", "--home", homes[1] as string]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("holds no Lamina network (found thesis.txt)");
  expect(await env.files.stat(join(homes[1] as string, "thesis.txt"))).toBeDefined();
});
