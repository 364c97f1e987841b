import { encodeUtf8 } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { makeKey, showKey } from "./keys.ts";

test("a new key lies in a file of its owner alone, and is shown by its public half", async () => {
  const env = fakeEnv(1);
  const publicKey = await makeKey(env, "/key");
  expect((await env.files.stat("/key"))?.mode).toBe(0o600);
  expect(await showKey(env, "/key")).toBe(publicKey);
  expect(publicKey).toMatch(/^[0-9a-f]{64}$/);
});

test("no key is overwritten, none is read that others can read, none that is no key", async () => {
  const env = fakeEnv(1);
  await makeKey(env, "/key");
  await expect(makeKey(env, "/key")).rejects.toMatchObject({ code: "FILE_EXISTS" });
  await env.files.chmod("/key", 0o640);
  await expect(showKey(env, "/key")).rejects.toMatchObject({ code: "KEY_FILE" });
  await env.files.writeFileAtomic("/other", encodeUtf8("not a key"));
  await expect(showKey(env, "/other")).rejects.toMatchObject({ code: "KEY_FILE" });
});
