import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import presets from "../presets.json" with { type: "json" };
import { BadPresetError, CONSENSUS, ESCROW, ESCROW_LAYOUT, preset, REGISTRY, ROLLUP, readPreset } from "./index.ts";
import type { Parameter } from "./parameter.ts";
import { toSnakeCase } from "./parameter.ts";
import type { PresetJson } from "./preset.ts";

const spec = readFileSync(new URL("../../../docs/spec/parameters.md", import.meta.url), "utf8");

interface SpecRow {
  readonly name: string;
  readonly minimal: string;
  readonly mainnet: string;
  readonly bounds: string;
}

/** The table of docs/spec/parameters.md. */
function specRows(): SpecRow[] {
  const rows = spec.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) => {
    const [name = "", , minimal = "", mainnet = "", bounds = ""] = line
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    return { name: /`(\w+)`/.exec(name)?.[1] ?? name, minimal: plain(minimal), mainnet: plain(mainnet), bounds: plain(bounds) };
  });
}

function plain(text: string): string {
  return text.replaceAll(",", "");
}

function flatten(name: "minimal" | "mainnet"): Record<string, string> {
  const { rollup, escrow, registry, consensus } = preset(name);
  const { layout, ...escrowParams } = escrow;
  const values = { ...rollup, ...escrowParams, ...layout, ...registry, ...consensus };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [toSnakeCase(key), String(value)]));
}

describe("the specification and presets.json hold the same", () => {
  test.each(["minimal", "mainnet"] as const)("%s", (name) => {
    expect(flatten(name)).toEqual(Object.fromEntries(specRows().map((row) => [row.name, row[name]])));
  });

  const all: Record<string, Parameter<number> | Parameter<bigint>> = { ...ROLLUP, ...ESCROW, ...ESCROW_LAYOUT, ...REGISTRY, ...CONSENSUS };
  const bySpecName = new Map(Object.entries(all).map(([name, parameter]) => [toSnakeCase(name), parameter]));
  const bounded = specRows().filter(({ bounds }) => bounds.includes("…"));

  test.each(bounded)("bounds of $name", ({ name, bounds }) => {
    const [min, max] = bounds.replace("2^24", String(2 ** 24)).split("…");
    const { min: foundMin, max: foundMax } = bySpecName.get(name) as Parameter<bigint>;
    expect([String(foundMin), String(foundMax)]).toEqual([min, max]);
  });
});

function spoiled(edit: (json: Record<string, never>) => void): PresetJson {
  const copy = structuredClone(presets.minimal);
  edit(copy as unknown as Record<string, never>);
  return copy;
}

describe("a preset is refused", () => {
  type Edit = (json: { modules: Record<string, Record<string, Record<string, unknown>>> }) => void;
  test.each<[string, Edit, string]>([
    ["below a bound", ({ modules }) => Object.assign(modules["rollup"]?.["params"] ?? {}, { challenge_window: "0" }), "rollup.challenge_window"],
    ["above a bound", ({ modules }) => Object.assign(modules["registry"]?.["params"] ?? {}, { reporter_bps: 2501 }), "registry.reporter_bps"],
    ["with a fraction", ({ modules }) => Object.assign(modules["registry"]?.["params"] ?? {}, { reporter_bps: 0.5 }), "registry.reporter_bps"],
    ["with a uint64 as a number", ({ modules }) => Object.assign(modules["escrow"]?.["params"] ?? {}, { lane_grace: 50 }), "escrow.lane_grace"],
    ["with an unknown field", ({ modules }) => Object.assign(modules["rollup"]?.["params"] ?? {}, { window: 1 }), "rollup.window"],
    ["without a field", ({ modules }) => delete modules["escrow"]?.["layout"]?.["epoch_heights"], "escrow.layout.epoch_heights"],
    [
      "whose bonds leave too early (I17)",
      ({ modules }) => Object.assign(modules["registry"]?.["params"] ?? {}, { unbonding_heights: "360" }),
      "registry.unbonding_heights: expected more than challenge_window + dispute_heights_max + settle_by_horizon = 360, found 360",
    ],
  ])("%s", (_, edit, message) => {
    const json = spoiled(edit as never);
    expect(() => readPreset("minimal", json)).toThrow(BadPresetError);
    expect(() => readPreset("minimal", json)).toThrow(message);
  });

  test("under another name", () => {
    expect(() => readPreset("mainnet", presets.minimal as PresetJson)).toThrow("name: expected mainnet, found minimal");
  });
});

test("presets cannot be changed by who reads them", () => {
  const read = preset("minimal");
  expect(Object.isFrozen(read) && Object.isFrozen(read.rollup) && Object.isFrozen(read.escrow.layout)).toBe(true);
});
