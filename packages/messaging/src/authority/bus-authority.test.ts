import { fakeEnv } from "@lamina/testing";
import { decode } from "@nats-io/jwt";
import { expect, test } from "vitest";
import { BusAuthority } from "./bus-authority.ts";
import { makeUserKeys, userKeysOf } from "./user-keys.ts";

const DAY_MS = 86_400_000;
const account = { diskBytesMax: 1024, streamsMax: 2, consumersMax: 4, payloadBytesMax: 1024 };

interface Claims {
  readonly sub: string;
  readonly exp?: number;
  readonly nats: {
    readonly limits?: Record<string, number | boolean>;
    readonly revocations?: Record<string, number>;
    readonly pub?: { allow: string[] };
    readonly bearer_token?: boolean;
  };
}

async function setUp(env = fakeEnv(1)) {
  const pushed: Claims[] = [];
  let isReachable = true;
  const claims = {
    publishAccountClaims: async (jwt: string) => {
      if (!isReachable) throw new Error("unreachable");
      pushed.push(decode(jwt) as unknown as Claims);
    },
  };
  const bonds = { standingOf: async (workerId: string) => ({ kind: "not-bonded" as const, reason: `${workerId} is unknown` }) };
  const open = () => BusAuthority.open({ statePath: "/authority.json", account, ttlMsMax: 7 * DAY_MS }, { env, bonds, claims });
  return { env, pushed, open, setReachable: (value: boolean) => (isReachable = value) };
}

test("the keys are made once, kept at mode 0600, and refused where others may read them", async () => {
  const { env, open } = await setUp();
  const first = await (await open()).serverTrust();
  const second = await (await open()).serverTrust();
  expect(Object.keys(second.accounts)).toEqual(Object.keys(first.accounts));
  expect((await env.files.stat("/authority.json"))?.mode).toBe(0o600);
  await env.files.chmod("/authority.json", 0o640);
  await expect(open()).rejects.toMatchObject({ code: "AUTHORITY_STATE", details: { found: "mode 0640" } });
});

test.each(["not json", "{}", '{"version":2}', '{"version":1,"seeds":{}}'])("a state file of %j is refused", async (text) => {
  const { env, open } = await setUp();
  await env.files.writeFileAtomic("/authority.json", new TextEncoder().encode(text));
  await expect(open()).rejects.toMatchObject({ code: "AUTHORITY_STATE", details: { path: "/authority.json" } });
});

test("the account names all of its limits, since an unnamed one is zero", async () => {
  const { pushed, open } = await setUp();
  await (await open()).pushClaims();
  expect(pushed[0]?.nats.limits).toEqual({
    ...{ subs: -1, data: -1, payload: 1024, imports: 0, exports: 0, wildcards: true, conn: -1, leaf: 0, disallow_bearer: true },
    ...{ mem_storage: 0, disk_storage: 1024, streams: 2, consumer: 4, max_bytes_required: true },
  });
});

test("a credential names its key, its end and what it may do, and no worker gets one without a bond", async () => {
  const { env, open } = await setUp();
  const authority = await open();
  const { publicKey } = makeUserKeys();
  const { jwt, expiresAtMs } = await authority.mintUser({ role: "gateway", id: "g1", spenderIds: [] }, publicKey, DAY_MS);
  const claims = decode(jwt) as unknown as Claims;
  expect(claims).toMatchObject({ sub: publicKey, exp: expiresAtMs / 1000, nats: { bearer_token: false } });
  expect(claims.nats.pub?.allow).toContain("lamina.work.*.call");
  expect(expiresAtMs).toBe(Math.floor((env.clock.nowMs() + DAY_MS) / 1000) * 1000);
  const refused = { code: "BOND_REFUSED", details: { workerId: "w1", found: "w1 is unknown" } };
  await expect(authority.mintUser({ role: "worker", id: "w1" }, publicKey, DAY_MS)).rejects.toMatchObject(refused);
});

test.each([
  ["a life beyond the longest", makeUserKeys().publicKey, 8 * DAY_MS],
  ["no life", makeUserKeys().publicKey, 0],
  ["a life of no number", makeUserKeys().publicKey, Number.NaN],
  ["no key", "", DAY_MS],
  ["an account's key", "AAJQFMBF4TRV6C2LG5DWX7XFVPXKVVZXTKVEFEGBV5FJOCPX5NKR6JM3", DAY_MS],
  ["a key with a letter changed", makeUserKeys().publicKey.replace(/.$/, "!"), DAY_MS],
])("a grant for %s is refused", async (_, key, ttlMs) => {
  const { open } = await setUp();
  await expect((await open()).mintUser({ role: "admin", id: "a1" }, key, ttlMs)).rejects.toMatchObject({ code: "BAD_GRANT" });
});

test("a revocation is on disk before it is pushed, so that a failed push is made good by the next", async () => {
  const { env, pushed, open, setReachable } = await setUp();
  const { publicKey } = makeUserKeys();
  setReachable(false);
  await expect((await open()).revoke(publicKey)).rejects.toThrow("unreachable");
  setReachable(true);
  await (await open()).pushClaims();
  expect(pushed[0]?.nats.revocations).toEqual({ [publicKey]: Math.floor(env.clock.nowMs() / 1000) });
});

test("a revocation is forgotten when every credential it could mean has expired", async () => {
  const { env, pushed, open } = await setUp();
  const authority = await open();
  const [early, late] = [makeUserKeys().publicKey, makeUserKeys().publicKey];
  await authority.revoke(early);
  await env.advance(7 * DAY_MS + 2000);
  await authority.revoke(late);
  expect(Object.keys(pushed.at(-1)?.nats.revocations ?? {})).toEqual([late]);
});

test("a key revoked in this second gets its new credential in the next", async () => {
  const { env, open } = await setUp();
  const authority = await open();
  const { publicKey } = makeUserKeys();
  await authority.revoke(publicKey);
  const before = env.clock.nowMs();
  let isMinted = false;
  const minted = authority.mintUser({ role: "admin", id: "a1" }, publicKey, DAY_MS).finally(() => {
    isMinted = true;
  });
  // It waits for signatures made on other threads too, which take what time they take.
  while (!isMinted) {
    await env.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await minted;
  expect(Math.floor(env.clock.nowMs() / 1000)).toBeGreaterThan(Math.floor(before / 1000));
});

test("keys are made anew from their seed, and a seed does not show", () => {
  const keys = makeUserKeys();
  expect(userKeysOf(keys.seed).publicKey).toBe(keys.publicKey);
  expect(JSON.stringify(keys)).not.toContain(keys.seed.reveal());
});
