import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { checkHome, FREE_BYTES_MIN } from "./preconditions.ts";

test("a home is made where there is none", async () => {
  const env = fakeEnv(1);
  const { files } = env;
  await checkHome(env, "/somewhere/.lamina");
  expect(await files.stat("/somewhere/.lamina")).toMatchObject({ kind: "directory", mode: 0o700 });
  expect(await files.readdir("/somewhere/.lamina")).toEqual([]);
});

test("a home that cannot be written is told with the remedy", async () => {
  const env = fakeEnv(1);
  const { files } = env;
  await files.mkdir("/home");
  files.failNext("/home/.write-probe", "FILE_ACCESS_DENIED");
  await expect(checkHome(env, "/home")).rejects.toThrow(/cannot write the state folder \/home: .*\. Choose another with --home DIR/);
});

test("a file in the way of the home is told", async () => {
  const env = fakeEnv(1);
  const { files } = env;
  await files.createFile("/home", new Uint8Array());
  await expect(checkHome(env, "/home")).rejects.toThrow("cannot write the state folder /home: it is not a folder");
});

test("a full disk is told with what is needed and what is there", async () => {
  const env = fakeEnv(1);
  const { files } = env;
  files.freeBytesLeft = FREE_BYTES_MIN - 1;
  await expect(checkHome(env, "/home")).rejects.toThrow("a network needs 1024 MiB free under /home, found 1023 MiB. Free some space");
  files.freeBytesLeft = FREE_BYTES_MIN;
  await checkHome(env, "/home");
  files.failNext("/home/.write-probe", "FILE_NO_SPACE");
  await expect(checkHome(env, "/home")).rejects.toThrow("found 0 MiB");
});
