import { expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const good = {
  CHAIN_ID: "lamina-1",
  RPC_URL: "http://127.0.0.1:26657",
  NATS_URL: "nats://127.0.0.1:4222, nats://127.0.0.1:4223",
  NATS_USER_JWT_FILE: "/jwt",
  NATS_SEED_FILE: "/seed",
  DATABASE_URL_FILE: "/url",
  GATEWAY_ADMIN_TOKEN_FILE: "/token",
  GATEWAY_SECRET_FILE: "/secret",
  GATEWAY_SPENDER_KEY_FILES: "/a,/b",
};

function problems(change: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig({ ...good, ...change });
  } catch (error) {
    if (error instanceof ConfigError) return error.details.problems;
    throw error;
  }
  return [];
}

test("a whole environment gives a frozen configuration with defaults", () => {
  const config = readConfig({ ...good, PATH: "/bin", GATEWAY_PORT: "" });
  expect(config).toMatchObject({
    GATEWAY_HOST: "127.0.0.1",
    GATEWAY_PORT: 8080,
    GATEWAY_SPENDER_KEY_FILES: ["/a", "/b"],
    NATS_URL: ["nats://127.0.0.1:4222", "nats://127.0.0.1:4223"],
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("all faults are told at once, by name and without values", () => {
  const found = problems({ CHAIN_ID: "no spaces allowed", RPC_URL: "ftp://secret@x", DATABASE_URL_FILE: undefined });
  expect(found.map((each) => each.split(":")[0])).toEqual(["CHAIN_ID", "RPC_URL"]);
  expect(found.join()).not.toContain("secret@x");
});

test.each([
  ["plain HTTP beyond loopback", { GATEWAY_HOST: "0.0.0.0" }, "GATEWAY_HOST"],
  ["half a certificate", { GATEWAY_TLS_CERT_FILE: "/cert" }, "GATEWAY_TLS_CERT_FILE"],
  ["administration beyond loopback", { GATEWAY_ADMIN_HOST: "0.0.0.0" }, "GATEWAY_ADMIN_HOST"],
  ["two databases", { DATABASE_URL: "postgres://x/y" }, "DATABASE_URL"],
  ["no database", { DATABASE_URL_FILE: undefined }, "DATABASE_URL"],
  ["keys kept for too long", { GATEWAY_KEY_CACHE_MS: "5001" }, "GATEWAY_KEY_CACHE_MS"],
])("%s is refused", (_name, change, variable) => {
  expect(problems(change).join()).toContain(variable);
});

test.each([
  { GATEWAY_HOST: "0.0.0.0", GATEWAY_INSECURE_PLAINTEXT: "1" },
  { GATEWAY_HOST: "0.0.0.0", GATEWAY_TLS_CERT_FILE: "/c", GATEWAY_TLS_KEY_FILE: "/k" },
])("%j is taken", (change) => {
  expect(problems(change)).toEqual([]);
});
