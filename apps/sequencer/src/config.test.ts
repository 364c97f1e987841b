import { expect, test } from "vitest";
import { type ConfigError, readConfig } from "./config.ts";

const GOOD = {
  CHAIN_ID: "lamina-1",
  RPC_URL: "http://127.0.0.1:26657",
  NATS_URL: "nats://127.0.0.1:4222",
  NATS_USER_JWT_FILE: "/jwt",
  NATS_SEED_FILE: "/seed",
  ACCOUNT_KEY_FILE: "/account",
  SIGNING_KEY_FILE: "/signing",
  STATE_DIR: "/state",
  SEQUENCER_ID: "sequencer",
};

function faultsOf(change: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig({ ...GOOD, ...change });
  } catch (error) {
    return (error as ConfigError).details.faults;
  }
  return [];
}

test("its pages stay on loopback, unless it is said that plain HTTP is meant", () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ HTTP_HOST: "0.0.0.0", HTTP_INSECURE_PLAINTEXT: "1" })).toEqual([]);
  expect(faultsOf({ HTTP_HOST: "0.0.0.0" }).join()).toContain("HTTP_INSECURE_PLAINTEXT");
});
