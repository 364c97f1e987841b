import { spawn } from "node:child_process";
import { once } from "node:events";
import { nodeEnv } from "@lamina/primitives/node";
import { expect, test } from "vitest";
import { environmentOf, identify, isAlive, parseProcStat } from "./process-identity.ts";

const env = nodeEnv();

test("a process is told from a later one with its pid by the start time", async () => {
  const mine = await identify(env, process.pid);
  expect(mine).toBeDefined();
  if (mine === undefined) return;
  expect(await isAlive(env, mine)).toBe(true);
  expect(await isAlive(env, { ...mine, startTicks: `${Number(mine.startTicks) - 1}` })).toBe(false);
  expect(await isAlive(env, { ...mine, bootId: "another boot" })).toBe(false);
});

test("one that ended is not alive", async () => {
  const child = spawn("sleep", ["100"]);
  const identity = await identify(env, child.pid as number);
  expect(identity && (await isAlive(env, identity))).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(identity && (await isAlive(env, identity))).toBe(false);
});

test("names with blanks and parentheses do not shift the fields", () => {
  const tail = "S 1 42 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 200";
  expect(parseProcStat(`42 (a) b (c) ${tail}`)).toEqual({ state: "S", session: 77, startTicks: "123456" });
});

test("an environment is read as it was given at the start", async () => {
  const child = spawn("sleep", ["100"], { env: { A: "1", B: "two words" } });
  await once(child, "spawn");
  expect(await environmentOf(env, child.pid as number)).toEqual(["A=1", "B=two words"]);
  child.kill("SIGKILL");
  expect(await environmentOf(env, 2 ** 30)).toBeUndefined();
});
