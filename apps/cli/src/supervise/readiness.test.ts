import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { hasCommitted, isReady } from "./readiness.ts";

const databaseAnswers = async () => true;
const status = (height: string) => JSON.stringify({ result: { sync_info: { latest_block_height: height } } });

function answering(code: number, body: string) {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request) => {
    asked.push(String(input));
    return new Response(body, { status: code });
  };
  return { env: fakeEnv(1, { fetch }), asked };
}

test("HTTP: only 200 serves", async () => {
  const readiness = { kind: "http", url: "http://127.0.0.1:1/ready" } as const;
  expect(await isReady(readiness, { ...answering(200, ""), databaseAnswers })).toBe(true);
  expect(await isReady(readiness, { ...answering(503, ""), databaseAnswers })).toBe(false);
});

test("HTTP: a refused connection is an answer", async () => {
  const fetch = () => Promise.reject(new TypeError("fetch failed"));
  expect(await isReady({ kind: "http", url: "http://127.0.0.1:1/" }, { env: fakeEnv(1, { fetch }), databaseAnswers })).toBe(false);
});

test("chain: serves from its first committed height", async () => {
  const readiness = { kind: "chain", rpcUrl: "http://127.0.0.1:1" } as const;
  const { env, asked } = answering(200, status("1"));
  expect(await isReady(readiness, { env, databaseAnswers })).toBe(true);
  expect(asked).toEqual(["http://127.0.0.1:1/status"]);
  expect(await isReady(readiness, { ...answering(200, status("0")), databaseAnswers })).toBe(false);
});

test.each(["{}", "[]", '{"result":{}}', "not JSON", '{"result":{"sync_info":{"latest_block_height":"x"}}}'])("no height in %s", (text) => {
  expect(hasCommitted(text)).toBe(false);
});
