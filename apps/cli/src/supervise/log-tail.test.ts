import { decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { followLog, lastLines } from "./log-tail.ts";

test("the last lines that hold anything", async () => {
  const env = fakeEnv(1);
  expect(await lastLines(env, "/a.log", 3)).toEqual([]);
  await env.files.createFile("/a.log", encodeUtf8("one\ntwo\n\nthree\n\n"));
  expect(await lastLines(env, "/a.log", 2)).toEqual(["two", "three"]);
  expect(await lastLines(env, "/a.log", 0)).toEqual([]);
  expect(await lastLines(env, "/a.log", 9)).toEqual(["one", "two", "three"]);
});

test("following hands over what is added, also after a rotation", async () => {
  const env = fakeEnv(1);
  const abort = new AbortController();
  let seen = "";
  const following = followLog(env, "/a.log", 0, abort.signal, (bytes) => {
    seen += decodeUtf8(bytes);
  });
  await env.advance(300);
  const first = await env.files.openAppend("/a.log");
  await first.append(encodeUtf8("before the rotation\n"));
  await env.advance(300);
  await env.files.rename("/a.log", "/a.log.1");
  const second = await env.files.openAppend("/a.log");
  await second.append(encodeUtf8("after\n"));
  await env.advance(300);
  abort.abort();
  await following;
  expect(seen).toBe("before the rotation\nafter\n");
});
