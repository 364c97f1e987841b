import { recordingLogger } from "@lamina/telemetry/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LimitStore } from "./limit-store.ts";
import type { Principal } from "./principal.ts";
import { type Leave, RequestLimits } from "./request-limits.ts";

function principal(change: Partial<Principal> = {}): Principal {
  return {
    organisationId: "org",
    organisationName: "o",
    keyId: "key",
    keyName: "k",
    scopes: new Set(),
    requestsPerMinute: 600,
    concurrencyMax: 2,
    expiresAtMs: undefined,
    ...change,
  };
}

/** What Postgres does, for one key. */
function sharedStore(requests = Number.POSITIVE_INFINITY): LimitStore & { places: number; questions: number } {
  return {
    places: 0,
    questions: 0,
    async takeRequests(_principal, count) {
      this.questions += 1;
      const taken = Math.min(count, requests);
      requests -= taken;
      return taken;
    },
    async takePlaces({ concurrencyMax }, count) {
      this.questions += 1;
      await Promise.resolve();
      if (this.places + count > concurrencyMax) return false;
      this.places += count;
      return true;
    },
    async givePlaces(_keyId, count) {
      this.places -= count;
    },
  };
}

const limitsOn = (store: LimitStore) => new RequestLimits({ store, presence: { id: "one" }, logger: recordingLogger() });

test("no more requests are let in than the shared bucket has, by however many gateways", async () => {
  const store = sharedStore(7);
  const gateways = [limitsOn(store), limitsOn(store)];
  const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => gateways[at % 2]?.enter(principal({ concurrencyMax: 100 }))));
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
  await expect(gateways[0]?.enter(principal())).rejects.toThrow("600 requests a minute");
});

test("whatever comes and goes, never more run at once than the key may, and all places come back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(fc.boolean(), { maxLength: 120 }), async (concurrencyMax, moves) => {
      const store = sharedStore();
      const gateways = [limitsOn(store), limitsOn(store), limitsOn(store)];
      const running: Leave[] = [];
      for (const [at, isEntering] of moves.entries()) {
        if (!isEntering) await running.shift()?.();
        else
          await gateways[at % 3]?.enter(principal({ concurrencyMax })).then(
            (leave) => running.push(leave),
            () => undefined,
          );
        expect(running.length).toBeLessThanOrEqual(store.places);
        expect(store.places).toBeLessThanOrEqual(concurrencyMax);
      }
      for (const leave of running) await leave();
      await Promise.all(gateways.map((limits) => limits.rest()));
      expect(store.places).toBe(0);
      await gateways[0]?.enter(principal({ concurrencyMax }));
    }),
  );
});

test("leaving twice counts once, and a refused request keeps no place", async () => {
  const store = sharedStore(3);
  const limits = limitsOn(store);
  const leave = await limits.enter(principal());
  await limits.enter(principal());
  await expect(limits.enter(principal())).rejects.toThrow("2 requests at once");
  await leave();
  await leave();
  await limits.enter(principal());
  await expect(limits.enter(principal())).rejects.toThrow("2 requests at once");
  const other = sharedStore(0);
  await expect(limitsOn(other).enter(principal({ concurrencyMax: 1 }))).rejects.toThrow("a minute");
  expect(other.places).toBe(0);
});

test("most requests of a busy key ask Postgres nothing", async () => {
  const store = sharedStore();
  const limits = limitsOn(store);
  for (let at = 0; at < 1_000; at++) await (await limits.enter(principal({ requestsPerMinute: 60_000, concurrencyMax: 256 })))();
  expect(store.questions).toBeLessThan(20);
});
