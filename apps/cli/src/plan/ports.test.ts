import { expect, test } from "vitest";
import { PORTS_PER_NETWORK, portLayout, VALIDATORS_MAX, WORKERS_MAX } from "./ports.ts";

function allPorts(base: number): number[] {
  const { worker, validator, base: _, chainBase: __, ...single } = portLayout(base);
  const workers = Array.from({ length: WORKERS_MAX }, (_, index) => worker(index));
  const validators = Array.from({ length: VALIDATORS_MAX }, (_, index) => Object.values(validator(index))).flat();
  return [...Object.values(single), ...workers, ...validators];
}

test("the largest network uses each port once, all within its two hundred", () => {
  const ports = allPorts(21_000);
  expect(new Set(ports).size).toBe(ports.length);
  expect(Math.min(...ports)).toBe(21_000);
  expect(Math.max(...ports)).toBeLessThan(21_000 + PORTS_PER_NETWORK);
});

test.each([1023, 65_337, -1, 1.5, Number.NaN])("a base of %s is refused", (base) => {
  expect(() => portLayout(base)).toThrow(/expected --port-base from 1024 to 65336, found/);
});

test.each([1024, 65_336])("a base of %s fits", (base) => {
  expect(portLayout(base).gateway).toBe(base);
});
