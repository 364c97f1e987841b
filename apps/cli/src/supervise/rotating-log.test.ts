import { decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { OLD_LOGS_KEPT, RotatingLog } from "./rotating-log.ts";

async function setting(bytesMax: number) {
  const env = fakeEnv(1);
  await env.files.mkdir("/logs");
  const log = new RotatingLog({ path: "/logs/a.log", bytesMax }, { env });
  const read = async (name: string) => decodeUtf8(await env.files.readFile(`/logs/${name}`));
  return { env, log, read };
}

test("overlapping appends stay whole and in order", async () => {
  const { log, read } = await setting(1_000);
  await Promise.all(["one ", "two ", "three"].map((word) => log.append(encodeUtf8(word))));
  expect(await read("a.log")).toBe("one two three");
});

test("a full log moves aside, and only so many are kept", async () => {
  const { env, log, read } = await setting(4);
  for (let count = 0; count < 8; count++) await log.append(encodeUtf8(`--${count}`));
  expect(await read("a.log")).toBe("--7");
  expect(await read("a.log.1")).toBe("--6");
  expect(await read(`a.log.${OLD_LOGS_KEPT}`)).toBe("--4");
  expect(await env.files.readdir("/logs")).toHaveLength(1 + OLD_LOGS_KEPT);
});

test("one append larger than the bound goes through whole", async () => {
  const { log, read } = await setting(4);
  await log.append(encodeUtf8("a long line"));
  await log.append(encodeUtf8("b"));
  expect(await read("a.log.1")).toBe("a long line");
  expect(await read("a.log")).toBe("b");
});

test("a log goes on after an append that failed", async () => {
  const { env, log, read } = await setting(1_000);
  env.files.failNext("/logs/a.log", "FILE_NO_SPACE");
  await expect(log.append(encodeUtf8("lost"))).rejects.toThrow("cannot open /logs/a.log");
  await log.append(encodeUtf8("kept"));
  expect(await read("a.log")).toBe("kept");
});
