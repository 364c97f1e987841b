import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PORTS_PER_NETWORK, portLayout } from "../plan/ports.ts";
import { databaseAnswers } from "../postgres/database.ts";
import { readEnvFile } from "../state/env-file.ts";
import { stateFolderAt } from "../state/state-folder.ts";
import { ownProcesses } from "../supervise/own-processes.ts";
import { type Ended, freePortBase, lamina } from "../testing/lamina.ts";
import type { NetworkStatus } from "./status.ts";

// One story of two networks, told in order: starting them is what takes time.

const env = nodeEnv();
let parent: string;
let base: number;
let started: Ended[];

/** mkdtemp's mode is 0700: both networks live in a folder that only its owner may enter. */
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "lamina-up-"));
  expect((await stat(parent)).mode & 0o777).toBe(0o700);
  base = await freePortBase(3);
  started = await Promise.all([start("one", 0), start("two", 1, "--validators", "2")]);
});

afterAll(async () => {
  for (const name of ["one", "two"]) await lamina(["down", "--home", home(name)]);
  await rm(parent, { recursive: true });
});

const home = (name: string) => join(parent, name);
const folder = (name: string) => stateFolderAt(home(name));
const portBase = (place: number) => base + place * PORTS_PER_NETWORK;
const start = (name: string, place: number, ...args: string[]) =>
  lamina(["up", "--detach", "--workers", "1", "--home", home(name), "--port-base", `${portBase(place)}`, ...args]);
const down = (name: string) => lamina(["down", "--home", home(name)]);

async function status(name: string): Promise<NetworkStatus> {
  return JSON.parse((await lamina(["status", "--json", "--home", home(name)])).stdout) as NetworkStatus;
}

async function living(name: string) {
  const { networkId } = JSON.parse(await readFile(folder(name).networkFile, "utf8")) as { networkId: string };
  return ownProcesses(env, folder(name), networkId);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await env.timers.sleep(100);
}

async function heightAt(place: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${portLayout(portBase(place)).validator(0).rpc}/status`);
  const body = (await answer.json()) as { result: { sync_info: { latest_block_height: string } } };
  return Number(body.result.sync_info.latest_block_height);
}

test("two networks start side by side, and every first job is final and verified", async () => {
  for (const { code, stdout } of started) {
    expect(stdout).toMatch(/^breast-cancer +malignant .* yes$/m);
    expect(stdout).toMatch(/^digits +0 .* yes$/m);
    expect(stdout).toMatch(/^minilm-l6-v2 +\[.*384 in all\] .* yes$/m);
    expect(code).toBe(0);
  }
  const [one, two] = [await status("one"), await status("two")];
  expect([one.state, two.state]).toEqual(["up", "up"]);
  expect(one.network?.chainId).not.toBe(two.network?.chainId);
  const names = ["postgres", "nats", "validator-0", "validator-1", "sequencer", "worker-1", "indexer", "gateway"];
  expect(two.processes.map(({ name }) => name).sort()).toEqual(names.sort());
});

test("the state folder says where the network is, to its owner alone", async () => {
  const values = await readEnvFile(env, folder("one"));
  expect(values).toMatchObject({
    GATEWAY_URL: `http://127.0.0.1:${portBase(0)}`,
    INDEX_URL: `http://127.0.0.1:${portBase(0) + 1}`,
    NATS_URL: `nats://127.0.0.1:${portBase(0) + 3}`,
    RPC_URL: `http://127.0.0.1:${portBase(0) + 101}`,
  });
  expect(await databaseAnswers(values["DATABASE_URL"] ?? "")).toBe(true);
  expect((await stat(folder("one").envFile)).mode & 0o777).toBe(0o600);
  for (const name of await env.files.readdir(folder("one").keys)) expect((await stat(folder("one").keyFile(name))).mode & 0o777, name).toBe(0o600);
});

test("a receipt is fetched and verified from any folder; without a checkpoint it is not read", async () => {
  const { GATEWAY_URL: gateway, API_KEY: key } = await readEnvFile(env, folder("one"));
  const body = JSON.stringify({ inputs: [{ name: "features", shape: [1, 64], datatype: "FP32", data: Array(64).fill(1) }] });
  const answer = await fetch(`${gateway}/v2/models/digits/infer`, { method: "POST", headers: { authorization: `Bearer ${key}` }, body });
  expect(answer.status).toBe(200);
  const job = answer.headers.get("lamina-job-id") ?? "";
  const file = join(parent, "receipt");
  await until(async () => (await lamina(["receipt", "get", job, "-o", file, "--home", home("one")])).stdout.includes("stage final"));
  const verify = (...args: string[]) => lamina(["receipt", "verify", file, ...args]);
  expect(await verify("--checkpoint", folder("one").checkpointFile)).toMatchObject({ code: 0, stdout: expect.stringContaining("valid: paid") });
  expect(await verify("--checkpoint", folder("two").checkpointFile)).toMatchObject({ code: 1 });
  expect(await verify()).toMatchObject({ code: 2 });
});

test("what stands in the way is told in one line with its remedy", async () => {
  const twice = await start("one", 0);
  expect(twice.code).toBe(1);
  expect(twice.stdout + twice.stderr).toMatch(/lamina: a network already runs in .*\. See \.\/lamina status, end it with \.\/lamina down/);
  const samePorts = await lamina(["up", "--home", home("three"), "--port-base", `${portBase(0)}`]);
  expect(samePorts.code).toBe(1);
  expect(samePorts.stderr).toMatch(
    /lamina: port [0-9]+, which \S+ needs for .*, is taken by process [0-9]+ \(.*\)\. End that process, or put the network elsewhere/,
  );
});

test("a killed supervisor takes everything with it, and leaves the other network alone", async () => {
  process.kill((await status("one")).supervisorPid as number, "SIGKILL");
  await until(async () => (await living("one")).length === 0);
  expect((await status("one")).state).toBe("down");
  expect((await status("two")).state).toBe("up");
});

test("a network goes on where it stopped, also at other ports, but not with other validators", async () => {
  const refused = await start("one", 2, "--validators", "4");
  expect(refused.code).toBe(1);
  expect(refused.stdout + refused.stderr).toMatch(/was made with --validators 1, asked for --validators 4\. Run it without --validators/);
  const before = (await readEnvFile(env, folder("one")))["API_KEY"];
  expect(await start("one", 2)).toMatchObject({ code: 0 });
  expect(await heightAt(2)).toBeGreaterThan(20);
  expect((await readEnvFile(env, folder("one")))["API_KEY"]).toBe(before);
});

test("down ends what is left when supervisor and guard are gone", async () => {
  const { supervisorPid } = await status("two");
  const children = await env.files.readFile(`/proc/${supervisorPid}/task/${supervisorPid}/children`);
  const own = (await living("two")).map(({ pid }) => pid);
  const guards = new TextDecoder()
    .decode(children)
    .trim()
    .split(" ")
    .map(Number)
    .filter((pid) => !own.includes(pid));
  for (const pid of [...guards, supervisorPid as number]) process.kill(pid, "SIGKILL");
  await until(async () => (await status("two")).state === "orphaned");
  expect((await lamina(["status", "--home", home("two")])).stdout).toMatch(/left behind: processes [0-9, ]+; \.\/lamina down ends them/);
  expect(await down("two")).toMatchObject({ code: 0 });
  expect(await living("two")).toEqual([]);
  expect((await status("one")).state).toBe("up");
});

test("reset ends and removes a network, and nothing that is not one", async () => {
  expect(await lamina(["reset", "--home", home("one")])).toMatchObject({ code: 0 });
  expect(await env.files.stat(home("one"))).toBeUndefined();
  await env.files.mkdir(home("four"));
  await env.files.createFile(join(home("four"), "thesis.txt"), new Uint8Array(1));
  const refused = await lamina(["reset", "--home", home("four")]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("holds no Lamina network (found thesis.txt)");
  expect(await env.files.stat(join(home("four"), "thesis.txt"))).toBeDefined();
});
