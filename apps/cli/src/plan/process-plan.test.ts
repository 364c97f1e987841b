import { expect, test } from "vitest";
import { planOf } from "../testing/plan-of.ts";
import { startOrder } from "./process-plan.ts";

const names = (plans: readonly { name: string }[]) => plans.map(({ name }) => name);

test("a process comes after those it names", () => {
  const plans = [planOf("gateway", { after: ["nats", "postgres"] }), planOf("nats"), planOf("postgres", { after: ["nats"] })];
  expect(names(startOrder(plans))).toEqual(["nats", "postgres", "gateway"]);
});

test("where nothing decides, the given order stays", () => {
  expect(names(startOrder([planOf("b"), planOf("a"), planOf("c")]))).toEqual(["b", "a", "c"]);
});

test("a ring and an unknown name are told", () => {
  expect(() => startOrder([planOf("a", { after: ["b"] }), planOf("b", { after: ["a"] })])).toThrow("no process can start next: a, b");
  expect(() => startOrder([planOf("a", { after: ["nobody"] })])).toThrow("no process can start next: a");
});
