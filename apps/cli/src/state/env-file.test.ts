import { execFileSync } from "node:child_process";
import { decodeUtf8 } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { quoteForShell, readEnvFile, writeEnvFile } from "./env-file.ts";
import { stateFolderAt } from "./state-folder.ts";

const folder = stateFolderAt("/home");
const values = { GATEWAY_URL: "http://127.0.0.1:21000", DATABASE_URL: "postgres://a:b'c&d@h/db?x=$(id)", API_KEY: "sk-lamina_1" };

test("what was written is read, and only its owner may read it", async () => {
  const env = fakeEnv(1);
  await env.files.mkdir(folder.home);
  expect(await readEnvFile(env, folder)).toEqual({});
  await writeEnvFile(env, folder, values);
  expect(await readEnvFile(env, folder)).toEqual(values);
  expect((await env.files.stat(folder.envFile))?.mode).toBe(0o600);
});

test("a shell reads the same", async () => {
  const env = fakeEnv(1);
  await env.files.mkdir(folder.home);
  await writeEnvFile(env, folder, values);
  const script = `${decodeUtf8(await env.files.readFile(folder.envFile))}printf '%s\\n' "$GATEWAY_URL" "$DATABASE_URL" "$API_KEY"`;
  expect(execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).trim().split("\n")).toEqual(Object.values(values));
});

test("what needs no quotes gets none", () => {
  expect(quoteForShell("http://127.0.0.1:21000/a-b_c")).toBe("http://127.0.0.1:21000/a-b_c");
  expect(quoteForShell("a b")).toBe("'a b'");
});
