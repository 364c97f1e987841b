import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget } from "./budget.ts";
import type { BudgetStore } from "./budget-store.ts";
import { Spending } from "./spending.ts";

const presence = { id: "one", isSure: true };

function store(limit: bigint): BudgetStore & { spent: bigint } {
  return {
    spent: 0n,
    async lease(_id, amount) {
      await Promise.resolve();
      if (this.spent + amount > limit) return false;
      this.spent += amount;
      return true;
    },
    async giveBack(_id, amount) {
      this.spent -= amount;
    },
    async reconcile() {
      return 0n;
    },
    async read() {
      return { limit, spent: this.spent };
    },
  };
}

test("whatever the order, no more is taken than the limit, and all of it can be (I7)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt(1n, 200n), fc.bigInt(1n, 50n), fc.array(fc.bigInt(1n, 30n), { maxLength: 60 }), async (limit, blockUlam, amounts) => {
      const shared = store(limit);
      const budgets = [0, 1, 2].map(() => new Budget({ id: "a", blockUlam }, { store: shared, presence }));
      const granted = await Promise.all(amounts.map((amount, at) => budgets[at % 3]?.take(amount)));
      const taken = amounts.filter((_, at) => granted[at] === true).reduce((sum, amount) => sum + amount, 0n);
      expect(taken <= limit).toBe(true);
      expect(taken <= shared.spent).toBe(true);
      await Promise.all(budgets.map((budget) => budget.close()));
      // What is left is for whoever asks next, to the last unit.
      expect(shared.spent).toBe(taken);
      if (limit > taken) expect(await new Budget({ id: "a", blockUlam }, { store: shared, presence }).take(limit - taken)).toBe(true);
    }),
  );
});

test("a lease that fails takes nothing", async () => {
  const broken: BudgetStore = { ...store(100n), lease: () => Promise.reject(new Error("no database")) };
  const budget = new Budget({ id: "a", blockUlam: 10n }, { store: broken, presence });
  await expect(budget.take(5n)).rejects.toThrow("no database");
});

test("a key's refusal gives the organisation's share back", async () => {
  const [organisation, key] = [store(100n), store(5n)];
  const both: BudgetStore = {
    lease: (id, amount) => (id === "org" ? organisation : key).lease(id, amount),
    giveBack: (id, amount) => (id === "org" ? organisation : key).giveBack(id, amount),
    reconcile: async () => 0n,
    read: (organisationId, id) => (id === "org" ? organisation : key).read(organisationId, id),
  };
  const spending = new Spending({ blockUlam: 50n }, { store: both, presence });
  await expect(spending.hold("org", "key", 6n)).rejects.toThrow("spend limit of this API key");
  const hold = await spending.hold("org", "key", 5n);
  hold.settle(3n);
  await spending.close();
  expect([organisation.spent, key.spent]).toEqual([3n, 3n]);
});

test("one that others may take for dead spends nothing, and what an old lease held is not put into the new one", async () => {
  const here = { id: "one", isSure: true };
  const shared = store(100n);
  const budget = new Budget({ id: "a", blockUlam: 50n }, { store: shared, presence: here });
  expect(await budget.take(10n)).toBe(true);
  const { leaseId } = budget;
  here.isSure = false;
  await expect(budget.take(1n)).rejects.toThrow("lost touch");
  Object.assign(here, { id: "two", isSure: true });
  expect(await budget.take(10n)).toBe(true);
  expect(shared.spent).toBe(100n);
  budget.put(10n, leaseId);
  expect(await budget.take(45n)).toBe(false);
  expect(await budget.take(40n)).toBe(true);
});
