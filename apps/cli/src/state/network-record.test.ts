import { encodeUtf8 } from "@lamina/primitives";
import { fakeEnv } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { checkWishes, newNetworkRecord, readNetworkRecord, STATE_FORMAT, writeNetworkRecord } from "./network-record.ts";
import { stateFolderAt } from "./state-folder.ts";

const folder = stateFolderAt("/home/.lamina");

function setting(seed = 1) {
  const env = fakeEnv(seed);
  const record = newNetworkRecord(env, { madeBy: "0.1.0", portBase: 21_000, validators: 1, workers: 3, database: "embedded" });
  return { env, record };
}

test("what was written is read", async () => {
  const { env, record } = setting();
  await env.files.mkdir(folder.home);
  expect(await readNetworkRecord(env, folder)).toBeUndefined();
  await writeNetworkRecord(env, folder, record);
  expect(await readNetworkRecord(env, folder)).toEqual(record);
});

test("two networks differ in id and chain", () => {
  const [first, second] = [setting(1).record, setting(2).record];
  expect(first.networkId).not.toBe(second.networkId);
  expect(first.chainId).toMatch(/^lamina-dev-[0-9a-f]{8}$/);
  expect(first.chainId).not.toBe(second.chainId);
});

describe("a stale record is told, with its remedy", () => {
  const cases: [string, (record: object) => string, RegExp][] = [
    [
      "of another format",
      (record) => JSON.stringify({ ...record, format: 0 }),
      /holds a network of format 0 \(made by Lamina 0\.1\.0\), expected format 1\. Start afresh with \.\/lamina reset/,
    ],
    ["without a field", (record) => JSON.stringify({ ...record, chainId: undefined }), /lacks fields that format 1 has/],
    ["that is no JSON", () => "{", /network\.json cannot be read\. Start afresh/],
    ["that is no record", () => "[]", /format undefined, expected format 1/],
  ];
  test.each(cases)("%s", async (_, spoil, message) => {
    const { env, record } = setting();
    expect(record.format).toBe(STATE_FORMAT);
    await env.files.mkdir(folder.home);
    await env.files.writeFileAtomic(folder.networkFile, encodeUtf8(spoil(record)));
    await expect(readNetworkRecord(env, folder)).rejects.toThrow(message);
  });
});

test("validators and database are fixed when a network is made", () => {
  const { record } = setting();
  checkWishes(folder, record, { database: "embedded" });
  checkWishes(folder, record, { validators: 1, database: "embedded" });
  expect(() => checkWishes(folder, record, { validators: 4, database: "embedded" })).toThrow(
    /was made with --validators 1, asked for --validators 4\. Run it without/,
  );
  expect(() => checkWishes(folder, record, { database: "external" })).toThrow(
    /with its own Postgres, asked for the database that DATABASE_URL names\. Unset DATABASE_URL/,
  );
  const external = { ...record, database: "external" as const };
  expect(() => checkWishes(folder, external, { database: "embedded" })).toThrow(/Set DATABASE_URL as it was/);
});
