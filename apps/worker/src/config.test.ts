import { describe, expect, test } from "vitest";
import { type ConfigError, readConfig } from "./config.ts";

const GOOD: Readonly<Record<string, string>> = {
  CHAIN_ID: "lamina-1",
  RPC_URL: "http://127.0.0.1:26657",
  NATS_URL: "nats://a:4222, nats://b:4222",
  NATS_USER_JWT_FILE: "/keys/jwt",
  NATS_SEED_FILE: "/keys/nk",
  SIGNING_KEY_FILE: "/keys/signing",
  STATE_DIR: "/state",
  MODELS_DIR: "/models",
  LAMINA_WORKER_MODELS: '["digits", {"model": "/own", "sessions": 2, "provider": "cuda"}]',
};

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ ...GOOD, ...environment });
  } catch (error) {
    return (error as ConfigError).details.faults;
  }
  throw new Error("expected a fault");
}

test("reads a whole environment, with defaults, and freezes it", () => {
  const config = readConfig({ ...GOOD, UNRELATED: "x", ACCOUNT_KEY_FILE: "" });
  expect(config).toMatchObject({
    chainId: "lamina-1",
    nats: { servers: ["nats://a:4222", "nats://b:4222"], caFile: undefined },
    accountKeyFile: undefined,
    settleMargin: 20n,
    forceAfterHeights: 40n,
    mayCreateState: false,
    models: [
      { model: "digits", provider: "cpu", sessions: 1 },
      { model: "/own", provider: "cuda", sessions: 2 },
    ],
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("names every missing variable at once", () => {
  expect(() => readConfig({})).toThrow(/CHAIN_ID: is missing; RPC_URL: is missing; NATS_URL: is missing; .*LAMINA_WORKER_MODELS: is missing/);
});

describe("a fault is told without its value (T62)", () => {
  test.each([
    ["CHAIN_ID", "my secret"],
    ["RPC_URL", "secret"],
    ["SIGNING_KEY_FILE", "0123secret"],
    ["HTTP_PORT", "70000"],
    ["HTTP_PORT", "secret"],
    ["SETTLE_MARGIN_HEIGHTS", "0"],
    ["NEW_STATE", "secret"],
    ["LOG_LEVEL", "secret"],
    ["LAMINA_WORKER_MODELS", "[secret"],
    ["LAMINA_WORKER_MODELS", "[]"],
    ["LAMINA_WORKER_MODELS", '[{"model": "digits", "secret": 1}]'],
    ["LAMINA_WORKER_MODELS", '[{"model": "digits", "provider": "tpu"}]'],
    ["LAMINA_WORKER_MODELS", '[{"model": "digits", "sessions": 0}]'],
  ])("%s=%s", (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}`));
    expect(faults[0]?.replace(/Unrecognized key: "secret"/, "")).not.toContain("secret");
  });
});

test("its pages stay on loopback, unless it is said that plain HTTP is meant", () => {
  expect(readConfig({ ...GOOD, HTTP_HOST: "0.0.0.0", HTTP_INSECURE_PLAINTEXT: "1" }).http.host).toBe("0.0.0.0");
  expect(faultsOf({ HTTP_HOST: "0.0.0.0" }).join()).toContain("HTTP_INSECURE_PLAINTEXT");
});
