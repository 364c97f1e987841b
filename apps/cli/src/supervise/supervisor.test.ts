import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identify } from "../host/process-identity.ts";
import { hostSignals } from "../host/signals.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { stateFolderAt } from "../state/state-folder.ts";
import { planOf } from "../testing/plan-of.ts";
import { ownProcesses, processMarks } from "./own-processes.ts";
import { writeProcessRecord } from "./process-record.ts";
import { reap } from "./reap.ts";
import { Supervisor } from "./supervisor.ts";

const env = nodeEnv();
const never = new AbortController().signal;
let folder: StateFolder;
let networkId: string;
let said: string[];
let supervisor: Supervisor;

beforeEach(async () => {
  folder = stateFolderAt(await mkdtemp(join(tmpdir(), "lamina-supervisor-")));
  for (const each of [folder.run, folder.logs]) await env.files.mkdir(each);
  networkId = Buffer.from(env.random.bytes(16)).toString("hex");
  said = [];
  const report = { progress: (line: string) => void said.push(line), answer: () => undefined, raw: () => undefined };
  const dependencies = { env, signals: hostSignals, report, databaseAnswers: async () => false };
  supervisor = new Supervisor({ folder, networkId, onChange: () => undefined }, dependencies);
});

afterEach(async () => {
  await supervisor.stop();
  await rm(folder.home, { recursive: true });
});

const living = () => ownProcesses(env, folder, networkId);
const log = (name: string) => readFile(folder.logFile(name), "utf8");

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await env.timers.sleep(20);
}

test("starts, keeps the log, and leaves nothing running", async () => {
  await supervisor.start(planOf("a"), never);
  await supervisor.start(planOf("b"), never);
  await until(async () => (await log("b")) === "started\n");
  expect((await living()).map(({ name }) => name).sort()).toEqual(["a", "b"]);
  await supervisor.stop();
  expect(await living()).toEqual([]);
  expect(await env.files.readdir(folder.run)).toEqual([]);
});

test("what dies is started again", async () => {
  await supervisor.start(planOf("a"), never);
  const first = supervisor.statuses[0]?.pid;
  expect(first).toBeDefined();
  process.kill(first as number, "SIGKILL");
  await until(() => supervisor.statuses[0]?.restarts === 1 && supervisor.statuses[0].state === "ready");
  expect(supervisor.statuses[0]).toMatchObject({ restarts: 1, lastExit: "SIGKILL" });
  expect(supervisor.statuses[0]?.pid).not.toBe(first);
  expect(said.join("\n")).toContain("a ended (SIGKILL): starting it again in 250 ms");
});

test("one that keeps ending fails the start with the last line it said", async () => {
  const plan = planOf("a", { args: ["-c", "echo working; echo no such model >&2; exit 3"], readiness: { kind: "http", url: "http://127.0.0.1:1/" } });
  await expect(supervisor.start(plan, never)).rejects.toThrow(
    "a ended 3 times before it served (exit code 3); it said last: no such model. See ./lamina logs a.",
  );
});

test("one that never serves fails the start when its time is up", async () => {
  const plan = planOf("a", { readiness: { kind: "http", url: "http://127.0.0.1:1/" }, readyTimeoutMs: 300 });
  await expect(supervisor.start(plan, never)).rejects.toThrow("a did not serve within 0.3 s; it said last: started.");
});

test("a command that does not exist is told", async () => {
  await expect(
    supervisor.start(planOf("a", { command: "/nowhere/laminad", readiness: { kind: "chain", rpcUrl: "http://127.0.0.1:1" } }), never),
  ).rejects.toThrow(/a ended 3 times before it served \(cannot start \/nowhere\/laminad: .*ENOENT\)/);
});

test("one that will not end is killed after its grace, with what it started", async () => {
  // The grandchild has neither our mark nor a wish to end; its session tells whose it is.
  const script = "trap '' TERM; env -i /bin/sh -c 'trap \"\" TERM; sleep 1000' & echo started; wait; sleep 1000";
  await supervisor.start(planOf("a", { args: ["-c", script], stopGraceMs: 300 }), never);
  await until(async () => (await living()).length >= 3);
  await supervisor.stop();
  expect(await living()).toEqual([]);
});

test("what a process leaves behind ends before its successor starts", async () => {
  await supervisor.start(planOf("a", { args: ["-c", "env -i sleep 1000 & echo $! >&2; sleep 1000"] }), never);
  await until(async () => /^[0-9]+\n$/.test(await log("a").catch(() => "")));
  const orphan = Number(await log("a"));
  process.kill(supervisor.statuses[0]?.pid as number, "SIGKILL");
  await until(() => supervisor.statuses[0]?.restarts === 1);
  expect(await identify(env, orphan)).toBeUndefined();
});

test("after a crash exactly the network's processes are found and ended", async () => {
  const marked = spawn("sleep", ["1000"], { env: processMarks(networkId, "a") });
  const foreign = spawn("sleep", ["1000"], { env: processMarks("another network", "a") });
  const reused = spawn("sleep", ["1000"], { env: {}, detached: true });
  await Promise.all([marked, foreign, reused].map((each) => once(each, "spawn")));
  // A record of a process that ended, whose pid a stranger got since.
  const identity = await identify(env, reused.pid as number);
  if (identity === undefined) throw new Error("the stranger lives");
  const earlier = { ...identity, startTicks: `${Number(identity.startTicks) - 1}` };
  await writeProcessRecord(env, folder, { name: "b", identity: earlier, stopSignal: "SIGTERM", stopGraceMs: 1_000, order: 0 });
  expect(await reap({ env, signals: hostSignals }, folder, networkId)).toEqual(["a"]);
  expect(await identify(env, marked.pid as number)).toBeUndefined();
  for (const stranger of [foreign, reused]) {
    expect(await identify(env, stranger.pid as number)).toBeDefined();
    stranger.kill("SIGKILL");
  }
});

test("who comes after another starts after it and ends before it", async () => {
  const story = join(folder.home, "story");
  const script = (name: string) => `trap 'echo -${name} >>${story}; exit 0' TERM; echo +${name} >>${story}; while :; do sleep 0.05; done`;
  const telling = (name: string, after: string[]) => planOf(name, { args: ["-c", script(name)], after });
  await supervisor.startAll([telling("c", ["b"]), telling("b", ["a"]), telling("a", [])], never);
  await until(async () => (await readFile(story, "utf8")).endsWith("+c\n"));
  await supervisor.stop();
  expect(await readFile(story, "utf8")).toBe("+a\n+b\n+c\n-c\n-b\n-a\n");
});

test("an interrupted start throws the reason", async () => {
  const abort = new AbortController();
  const starting = supervisor.start(planOf("a", { readiness: { kind: "http", url: "http://127.0.0.1:1/" } }), abort.signal);
  abort.abort(new Error("Ctrl-C"));
  await expect(starting).rejects.toThrow("Ctrl-C");
});
