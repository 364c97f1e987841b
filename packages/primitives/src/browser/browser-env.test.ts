import { expect, test } from "vitest";
import { browserEnv, NotInBrowserError } from "./index.ts";

const env = browserEnv();

test("time passes and timers can be stopped", async () => {
  const startMs = env.clock.monotonicMs();
  let fired = 0;
  env.timers.clearTimeout(env.timers.setTimeout(() => fired++, 1));
  await env.timers.sleep(10);
  expect(env.clock.monotonicMs()).toBeGreaterThan(startMs);
  expect(fired).toBe(0);
});

test("a sleep that is aborted rejects with the reason", async () => {
  const reason = new Error("enough");
  await expect(env.timers.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = env.timers.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test("more random bytes than one call of the platform gives", () => {
  const bytes = env.random.bytes(100_000);
  expect(bytes).toHaveLength(100_000);
  expect(bytes.subarray(65_536).some((byte) => byte !== 0)).toBe(true);
});

test("what a browser does not have is refused by name", async () => {
  await expect(env.files.readFile("x")).rejects.toThrow("a browser has no files");
  expect(() => env.spawn("ls", [], { env: {} })).toThrow(NotInBrowserError);
  expect(env.step("anywhere")).toBeUndefined();
});
