import { fakeEnv } from "@lamina/testing";
import { createAccount } from "@nats-io/nkeys";
import { expect, test } from "vitest";
import { userJwt } from "./authority/claims.ts";
import { makeUserKeys } from "./authority/user-keys.ts";
import { openCredentialFiles } from "./credential-files.ts";
import { permissionsOf } from "./permissions.ts";

const FILES = { userJwtFile: "/user.jwt", seedFile: "/user.seed" };
const account = createAccount();
const bytes = (text: string) => new TextEncoder().encode(text);
const tokenFor = (publicKey: string, expiresAtSeconds: number) =>
  userJwt("worker-w1", publicKey, account, permissionsOf({ role: "worker", id: "w1" }), 1024, expiresAtSeconds);

async function setUp() {
  const env = fakeEnv(1);
  const keys = makeUserKeys();
  const token = await tokenFor(keys.publicKey, 1);
  await env.files.writeFileAtomic(FILES.seedFile, bytes(`${keys.seed.reveal()}\n`));
  await env.files.writeFileAtomic(FILES.userJwtFile, bytes(`${token}\n`));
  const faults: string[] = [];
  return { env, keys, token, faults, open: () => openCredentialFiles(FILES, { env, onFault: (what) => faults.push(what) }) };
}

test("a renewed token is taken up; a broken one is told of, and the old one kept", async () => {
  const { env, keys, token, faults, open } = await setUp();
  const credentials = await open();
  expect([credentials.userJwt(), credentials.seed.reveal()]).toEqual([token, keys.seed.reveal()]);
  const renewed = await tokenFor(keys.publicKey, 2);
  await env.files.writeFileAtomic(FILES.userJwtFile, bytes(renewed));
  await env.advance(30_000);
  expect(credentials.userJwt()).toBe(renewed);
  await env.files.writeFileAtomic(FILES.userJwtFile, bytes("half a tok"));
  await env.advance(30_000);
  expect([credentials.userJwt(), faults.length]).toEqual([renewed, 1]);
  credentials.close();
  expect(env.time.pendingTimers).toBe(0);
});

test("a token for another key, no token, a seed that others can read and no seed are refused, the seed never shown", async () => {
  const { env, keys, open } = await setUp();
  await env.files.writeFileAtomic(FILES.userJwtFile, bytes(await tokenFor(makeUserKeys().publicKey, 1)));
  await expect(open()).rejects.toMatchObject({ code: "CREDENTIAL_FILE", details: { expected: `a token for ${keys.publicKey}` } });
  await env.files.writeFileAtomic(FILES.userJwtFile, bytes("x.y"));
  await expect(open()).rejects.toMatchObject({ code: "CREDENTIAL_FILE", details: { expected: "a token of the bus" } });
  await env.files.chmod(FILES.seedFile, 0o644);
  await expect(open()).rejects.toMatchObject({ code: "CREDENTIAL_FILE", details: { found: "mode 0644" } });
  await env.files.writeFileAtomic(FILES.seedFile, bytes("SAAB-a-secret"));
  const error = await open().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "CREDENTIAL_FILE", details: { path: FILES.seedFile } });
  expect(String(error)).not.toContain("secret");
});
