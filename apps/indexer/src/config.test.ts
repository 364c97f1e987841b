import { expect, test } from "vitest";
import { type ConfigError, readConfig } from "./config.ts";

const GOOD = { CHAIN_ID: "lamina-1", RPC_URL: "http://127.0.0.1:26657", DATABASE_URL_FILE: "/url" };
const TLS = { HTTP_TLS_CERT_FILE: "/cert", HTTP_TLS_KEY_FILE: "/key" };

function faultsOf(change: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig({ ...GOOD, ...change });
  } catch (error) {
    return (error as ConfigError).details.faults;
  }
  return [];
}

test.each([
  {},
  { HTTP_HOST: "::1" },
  { HTTP_HOST: "0.0.0.0", ...TLS },
  { HTTP_HOST: "0.0.0.0", HTTP_INSECURE_PLAINTEXT: "1" },
])("%j is taken", (change) => {
  expect(faultsOf(change)).toEqual([]);
});

test.each([
  ["plain HTTP beyond loopback", { HTTP_HOST: "0.0.0.0" }, "HTTP_HOST: beyond loopback TLS is needed"],
  ["half a certificate", { HTTP_TLS_CERT_FILE: "/cert" }, "give both or none"],
  ["an address that only looks like loopback", { HTTP_HOST: "127.0.0.1.example" }, "HTTP_HOST"],
])("%s is refused", (_name, change, fault) => {
  expect(faultsOf(change).join()).toContain(fault);
});
