import { encodeUtf8, retry } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { fakeEnv, loadVectors, SeededRng } from "./index.ts";

describe("fake time", () => {
  test("timers fire in order of due time, then of their setting, and only when time moves", async () => {
    const env = fakeEnv(1);
    const fired: string[] = [];
    env.timers.setTimeout(() => fired.push("late"), 20);
    env.timers.setTimeout(() => fired.push("first"), 10);
    env.timers.setTimeout(() => fired.push("second"), 10);
    env.timers.clearTimeout(env.timers.setTimeout(() => fired.push("never"), 5));
    await env.advance(9);
    expect(fired).toEqual([]);
    await env.advance(1);
    expect(fired).toEqual(["first", "second"]);
    await env.advance(10);
    expect(fired).toEqual(["first", "second", "late"]);
    expect(env.clock.monotonicMs()).toBe(20);
  });

  test("a loop that sleeps runs through one advance, seeing each moment", async () => {
    const env = fakeEnv(1);
    const moments: number[] = [];
    const loop = (async () => {
      for (let turn = 0; turn < 3; turn++) {
        await env.timers.sleep(100);
        moments.push(env.clock.monotonicMs());
      }
    })();
    await env.advance(1_000);
    await loop;
    expect(moments).toEqual([100, 200, 300]);
  });

  test("an interval fires until it is cleared", async () => {
    const env = fakeEnv(1);
    let ticks = 0;
    const handle = env.timers.setInterval(() => ++ticks === 3 && env.timers.clearInterval(handle), 10);
    await env.advance(100);
    expect([ticks, env.time.pendingTimers]).toEqual([3, 0]);
  });

  test("run awaits what sleeps, and says so when nothing is left to wait for", async () => {
    const env = fakeEnv(1);
    let tries = 0;
    const options = { attempts: 4, baseDelayMs: 100, maxDelayMs: 1_000, shouldRetry: () => true };
    const work = retry(env, options, () => (++tries < 4 ? Promise.reject(new Error("no")) : Promise.resolve("yes")));
    expect(await env.time.run(work)).toBe("yes");
    await expect(env.time.run(new Promise(() => undefined))).rejects.toThrow("no timer is left to fire");
  });

  test("an aborted sleep leaves no timer", async () => {
    const env = fakeEnv(1);
    const controller = new AbortController();
    const sleeping = env.timers.sleep(10, controller.signal);
    controller.abort(new Error("stop"));
    await expect(sleeping).rejects.toThrow("stop");
    expect(env.time.pendingTimers).toBe(0);
  });
});

describe("fake files", () => {
  test("lose what was not synced, and keep what was", async () => {
    const { files } = fakeEnv(1);
    await files.mkdir("/data");
    const log = await files.openAppend("/data/log");
    await log.append(encodeUtf8("kept "));
    await log.sync();
    await log.append(encodeUtf8("lost"));
    await files.writeFileAtomic("/data/state", encodeUtf8("whole"));
    files.losePower();
    expect(await files.readFile("/data/log")).toEqual(encodeUtf8("kept "));
    expect(await files.readFile("/data/state")).toEqual(encodeUtf8("whole"));
    await expect(log.append(encodeUtf8("x"))).rejects.toThrow("the handle is closed");
  });

  test("behave as files do", async () => {
    const { files } = fakeEnv(1);
    await expect(files.writeFileAtomic("/no/f", new Uint8Array())).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await files.mkdir("/a/b");
    await files.createFile("/a/b/f", encodeUtf8("x"), { mode: 0o640 });
    await expect(files.createFile("/a/b/f", new Uint8Array())).rejects.toMatchObject({ code: "FILE_EXISTS" });
    await files.rename("/a/b", "/a/c");
    expect(await files.readdir("/a")).toEqual(["c"]);
    expect(await files.readdir("/a/c/../c")).toEqual(["f"]);
    expect(await files.stat("/a/c/f")).toMatchObject({ kind: "file", sizeBytes: 1, mode: 0o640 });
    await files.remove("/a");
    expect(await files.stat("/a/c/f")).toBeUndefined();
  });

  test("fail once where the test says so", async () => {
    const { files } = fakeEnv(1);
    files.failNext("/f", "FILE_NO_SPACE");
    await expect(files.writeFileAtomic("/f", new Uint8Array())).rejects.toMatchObject({ code: "FILE_NO_SPACE" });
    await files.writeFileAtomic("/f", new Uint8Array());
  });
});

test("the same seed gives the same run", () => {
  expect(fakeEnv(7).random.bytes(40)).toEqual(fakeEnv(7).random.bytes(40));
  expect(fakeEnv(7).random.bytes(40)).not.toEqual(fakeEnv(8).random.bytes(40));
});

test("steps are recorded, and one that throws plays a crash", async () => {
  const env = fakeEnv(1, {
    onStep: (name, passing) => {
      if (name === "fsync" && passing === 2) throw new Error("crash");
    },
  });
  env.step("fsync");
  env.step("other");
  expect(() => env.step("fsync")).toThrow("crash");
  expect(env.steps).toEqual(["fsync", "other", "fsync"]);
});

test("what was not given is refused", () => {
  expect(() => fakeEnv(1).fetch("http://x")).toThrow("made without fetch");
  expect(() => fakeEnv(1).spawn("ls", [], { env: {} })).toThrow("made without spawn");
});

test("splitmix64 gives the numbers of its reference", () => {
  const rng = new SeededRng(1234567);
  expect(Array.from({ length: 3 }, () => rng.u64())).toEqual([6457827717110365317n, 3203168211198807973n, 9817491932198370423n]);
});

test("a shuffle keeps every item", () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = new SeededRng(3).shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.sort((left, right) => left - right)).toEqual(items);
});

test("vectors that are not there are named", () => {
  expect(() => loadVectors("no/such")).toThrow("expected test/vectors/no/such.json");
});
