import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SpawnOptions } from "../index.ts";
import { concatBytes, decodeUtf8, encodeUtf8, FileError } from "../index.ts";
import { crashPoints } from "./crash-points.ts";
import { CrashPointError, nodeEnv } from "./index.ts";

const env = nodeEnv({ crashAt: "" });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lamina-primitives-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("files", () => {
  test("an atomic write replaces the whole file, leaves no temporary one and keeps others out", async () => {
    const path = join(folder, "state");
    await env.files.writeFileAtomic(path, encodeUtf8("a longer first text"));
    await env.files.writeFileAtomic(path, encodeUtf8("second"));
    expect(await readFile(path, "utf8")).toBe("second");
    expect(await env.files.readdir(folder)).toEqual(["state"]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("a mode that is asked for is not narrowed by the umask", async () => {
    await env.files.writeFileAtomic(join(folder, "shared"), encodeUtf8("x"), { mode: 0o666 });
    expect((await env.files.stat(join(folder, "shared")))?.mode).toBe(0o666);
  });

  test("concurrent atomic writes leave one of the texts, whole", async () => {
    const path = join(folder, "state");
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(1000));
    await Promise.all(texts.map((text) => env.files.writeFileAtomic(path, encodeUtf8(text))));
    expect(texts).toContain(await readFile(path, "utf8"));
    expect(await env.files.readdir(folder)).toEqual(["state"]);
  });

  test("appends keep the order of the calls, and a torn tail can be cut", async () => {
    const path = join(folder, "log");
    const log = await env.files.openAppend(path);
    await Promise.all(Array.from({ length: 50 }, (_, index) => log.append(encodeUtf8(`${index};`))));
    await log.sync();
    expect(await readFile(path, "utf8")).toBe(Array.from({ length: 50 }, (_, index) => `${index};`).join(""));
    await log.truncate(4);
    await log.append(encodeUtf8("x"));
    expect(log.sizeBytes).toBe(5);
    await log.close();
    const again = await env.files.openAppend(path);
    expect(again.sizeBytes).toBe(5);
    await again.close();
    expect(decodeUtf8(await env.files.readRange(path, 2, 100))).toBe("1;x");
  });

  test("a failed append reports to its caller and does not block the next", async () => {
    const log = await env.files.openAppend(join(folder, "log"));
    await log.close();
    await expect(log.append(encodeUtf8("x"))).rejects.toBeInstanceOf(FileError);
    await expect(log.sync()).rejects.toBeInstanceOf(FileError);
  });

  test("what is missing and what is in the way are told apart", async () => {
    const path = join(folder, "lock");
    await expect(env.files.readFile(path)).rejects.toMatchObject({ code: "FILE_NOT_FOUND", details: { operation: "read", path } });
    expect(await env.files.stat(path)).toBeUndefined();
    await env.files.createFile(path, encodeUtf8("1"));
    await expect(env.files.createFile(path, encodeUtf8("2"))).rejects.toMatchObject({ code: "FILE_EXISTS" });
    expect(await readFile(path, "utf8")).toBe("1");
    await env.files.remove(path);
    await env.files.remove(path);
    expect(await env.files.stat(path)).toBeUndefined();
  });

  test("folders, links, renames and copies", async () => {
    await env.files.mkdir(join(folder, "a/b"));
    expect(await env.files.stat(join(folder, "a"))).toMatchObject({ kind: "directory", mode: 0o700 });
    await env.files.writeFileAtomic(join(folder, "a/b/f"), encodeUtf8("x"));
    await env.files.rename(join(folder, "a/b/f"), join(folder, "a/g"));
    await env.files.copyFile(join(folder, "a/g"), join(folder, "a/h"));
    await env.files.symlink("g", join(folder, "a/link"));
    expect(await env.files.readdir(join(folder, "a"))).toEqual(["b", "g", "h", "link"]);
    expect(await env.files.stat(join(folder, "a/link"))).toMatchObject({ kind: "symlink" });
    await env.files.truncate(join(folder, "a/h"), 0);
    expect(await env.files.stat(join(folder, "a/h"))).toMatchObject({ kind: "file", sizeBytes: 0 });
  });
});

async function collect(source: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source ?? []) chunks.push(chunk);
  return decodeUtf8(concatBytes(...chunks));
}

const node = (code: string, options: Partial<SpawnOptions> = {}) => env.spawn(process.execPath, ["-e", code], { env: {}, ...options });

describe("processes", () => {
  test("streams lead to and from the child", async () => {
    const child = node("process.stdin.on('data', (d) => process.stdout.write(String(d).toUpperCase()))");
    await child.stdin?.write(encodeUtf8("hello"));
    await child.stdin?.end();
    expect(await collect(child.stdout)).toBe("HELLO");
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test("nothing of our environment leaks into the child (T62)", async () => {
    const child = node("process.stdout.write(JSON.stringify(process.env))", { env: { ONLY: "this" } });
    expect(JSON.parse(await collect(child.stdout))).toEqual({ ONLY: "this" });
  });

  test("a channel carries bytes both ways beside the standard streams", async () => {
    const child = node("const s = new (require('net').Socket)({ fd: 3 }); s.on('data', (d) => s.end('got ' + d))", { channels: 1 });
    await child.channels[0]?.sink.write(encodeUtf8("ping"));
    expect(await collect(child.channels[0]?.source)).toBe("got ping");
    await child.exited;
  });

  test("output can go to the end of a file", async () => {
    const path = join(folder, "out.log");
    for (const text of ["one", "two"]) await node(`console.log("${text}")`, { stdio: { stdout: { appendTo: path } } }).exited;
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
  });

  test("a code, a signal and a command that is not there are told apart", async () => {
    expect(await node("process.exit(3)").exited).toEqual({ code: 3, signal: null });
    const child = node("setInterval(() => {}, 1000)");
    expect(child.kill("SIGKILL")).toBe(true);
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(child.kill()).toBe(false);
    const missing = env.spawn(join(folder, "no-such"), [], { env: {} });
    expect(missing.pid).toBeUndefined();
    expect((await missing.exited).error?.message).toMatch(/^cannot start .*no-such: .*ENOENT/);
  });

  test("a detached child is signalled with its own children", async () => {
    const grandchild =
      "require('child_process').spawn(process.execPath, ['-e', 'setInterval(()=>{},1000)'], { stdio: ['ignore', 'inherit', 'ignore'] })";
    const child = node(`const c = ${grandchild}; console.log(c.pid); setInterval(() => {}, 1000)`, { detached: true });
    const output = child.stdout?.[Symbol.asyncIterator]();
    const first = await output?.next();
    expect(Number.parseInt(decodeUtf8(first?.value), 10)).toBeGreaterThan(0);
    expect(child.kill("SIGKILL")).toBe(true);
    // The pipe closes only when the grandchild, which holds it too, is gone.
    expect(await output?.next()).toMatchObject({ done: true });
    await child.exited;
  });
});

describe("timers and randomness", () => {
  test("a sleep that is aborted rejects with the reason", async () => {
    const reason = new Error("enough");
    await expect(env.timers.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const sleeping = env.timers.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  test("a cleared timer does not fire", async () => {
    let fired = 0;
    env.timers.clearTimeout(env.timers.setTimeout(() => fired++, 1));
    env.timers.clearInterval(env.timers.setInterval(() => fired++, 1));
    await env.timers.sleep(20);
    expect(fired).toBe(0);
  });

  test("random bytes have the length asked for and differ", () => {
    expect(env.random.bytes(32)).toHaveLength(32);
    expect(env.random.bytes(32)).not.toEqual(env.random.bytes(32));
  });
});

describe("crash points", () => {
  test("die at the n-th passing of the named place alone", () => {
    let deaths = 0;
    const step = crashPoints("after-fsync:2", () => deaths++);
    const deathsAfter = ["after-fsync", "other", "after-fsync", "after-fsync"].map((name) => {
      step(name);
      return deaths;
    });
    expect(deathsAfter).toEqual([0, 0, 1, 1]);
  });

  test("are free without a name, and a name that cannot be read is refused", () => {
    expect(crashPoints(undefined, () => expect.unreachable())("x")).toBeUndefined();
    expect(() => crashPoints("a:0", () => undefined)).toThrow(CrashPointError);
    expect(() => crashPoints("a:b:1", () => undefined)).toThrow('must be <name>[:<passing from 1>], found "a:b:1"');
  });

  test("kill a real process, without a handler running", async () => {
    const source = new URL("./index.ts", import.meta.url).href;
    const code = `import { nodeEnv } from ${JSON.stringify(source)};
      process.on("exit", () => console.log("a handler ran"));
      const env = nodeEnv();
      for (let i = 1; ; i++) { console.log("passing " + i); env.step("here"); await new Promise((r) => setTimeout(r, 20)); }`;
    const child = env.spawn(process.execPath, ["--input-type=module", "-e", code], { env: { LAMINA_CRASH_AT: "here:2" } });
    expect(await collect(child.stdout)).toBe("passing 1\npassing 2\n");
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });
});
