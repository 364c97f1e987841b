import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { NonceRanges, type NonceStore } from "./nonce-ranges.ts";

class CountingStore implements NonceStore {
  readonly taken: number[] = [];
  #next = new Map<string, number>();
  failNext = false;

  async take(lane: bigint, epoch: bigint, count: number, noncesPerEpoch: number): Promise<number | undefined> {
    await Promise.resolve();
    if (this.failNext) {
      this.failNext = false;
      throw new Error("no database");
    }
    const first = this.#next.get(`${lane} ${epoch}`) ?? 0;
    if (first + count > noncesPerEpoch) return undefined;
    this.#next.set(`${lane} ${epoch}`, first + count);
    this.taken.push(first);
    return first;
  }
}

const make = (store: NonceStore) => new NonceRanges({ rangeSize: 8 }, { env: fakeEnv(7), store });

test("every nonce once, also for a crowd, and two processes share none", async () => {
  const store = new CountingStore();
  const [first, second] = [make(store), make(store)];
  const nonces = await Promise.all(Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? first : second).next(1n, 5n, 1_024)));
  expect(new Set(nonces).size).toBe(50);
  expect(nonces.every((nonce) => nonce !== undefined && nonce < 1_024)).toBe(true);
});

test("ranges are few, and taken before they run out", async () => {
  const store = new CountingStore();
  const ranges = make(store);
  for (let at = 0; at < 16; at++) await ranges.next(1n, 5n, 1_024);
  expect(store.taken).toEqual([0, 8, 16]);
});

test("lanes and epochs count apart, and an epoch ends", async () => {
  const ranges = make(new CountingStore());
  expect([await ranges.next(1n, 5n, 16), await ranges.next(2n, 5n, 16), await ranges.next(1n, 6n, 16)]).toEqual([0, 0, 0]);
  const rest = await Promise.all(Array.from({ length: 17 }, () => ranges.next(1n, 5n, 16)));
  expect(rest.filter((nonce) => nonce !== undefined)).toHaveLength(15);
});

test("a failure is told, and the next one tries again", async () => {
  const store = new CountingStore();
  const ranges = make(store);
  store.failNext = true;
  await expect(ranges.next(1n, 5n, 1_024)).rejects.toThrow("no database");
  expect(await ranges.next(1n, 5n, 1_024)).toBe(0);
});
