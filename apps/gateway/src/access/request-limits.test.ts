import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import type { Principal } from "./principal.ts";
import { RequestLimits } from "./request-limits.ts";

function principal(change: Partial<Principal> = {}): Principal {
  return {
    organisationId: "org",
    organisationName: "o",
    keyId: "key",
    keyName: "k",
    scopes: new Set(),
    requestsPerMinute: 60,
    concurrencyMax: 2,
    expiresAtMs: undefined,
    ...change,
  };
}

test("a key may burst, and then waits for its rate", async () => {
  const env = fakeEnv(7);
  const limits = new RequestLimits({ env });
  for (let at = 0; at < 15; at++) limits.enter(principal())();
  expect(() => limits.enter(principal())).toThrow("60 requests a minute");
  await env.advance(1_000);
  limits.enter(principal())();
  expect(() => limits.enter(principal())).toThrow();
  // Another key has a rate of its own (I30).
  limits.enter(principal({ keyId: "other" }))();
});

test("so many at once, and leaving twice counts once", () => {
  const limits = new RequestLimits({ env: fakeEnv(7) });
  const leave = limits.enter(principal());
  limits.enter(principal());
  expect(() => limits.enter(principal())).toThrow("2 requests at once");
  leave();
  leave();
  limits.enter(principal());
  expect(() => limits.enter(principal())).toThrow("2 requests at once");
});
