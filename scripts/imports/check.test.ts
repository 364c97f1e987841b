import { describe, expect, test } from "vitest";
import type { Adapter } from "./adapters.ts";
import { checkTree } from "./check.ts";
import type { Manifest } from "./violation.ts";

const ADAPTERS: Record<string, Adapter> = { "packages/telemetry/src/disk.ts": { may: ["files"], why: "for the test" } };

function manifest(folder: string, dependencies: string[], references: string[] = dependencies.map((name) => `packages/${name.slice(8)}`)): Manifest {
  return { folder, dependencies: new Set(dependencies), devDependencies: new Set(["vitest"]), references: new Set(references) };
}

const MANIFESTS = [
  manifest("", []),
  manifest("packages/primitives", []),
  manifest("packages/merkle", ["@lamina/primitives", "@lamina/codec"]),
  manifest("packages/codec", ["@lamina/primitives", "@lamina/merkle"]),
  manifest("packages/db", ["@lamina/primitives", "@lamina/codec"]),
  manifest("packages/telemetry", ["@lamina/primitives"]),
  manifest("packages/testing", ["@lamina/primitives", "@lamina/codec"]),
  manifest("apps/worker", ["@lamina/codec", "@lamina/gateway"], ["packages/codec", "packages/gateway"]),
];

const EXAMPLE = "HOME=/home/me";

/** What the rules say of one file in an otherwise clean tree. */
function check(path: string, text: string, manifests = MANIFESTS): string[] {
  const sources = new Map([
    ["packages/telemetry/src/disk.ts", 'import { readFile } from "node:fs/promises";\nexport const read = readFile;'],
    ["apps/worker/src/main.ts", "export const home = process.env['HOME'];"],
    ["packages/codec/src/row.ts", "export const row = 1;"],
    [path, text],
  ]);
  return checkTree(
    { ...NO_ENVIRONMENT, environmentExample: EXAMPLE, sources, manifests: new Map(manifests.map((each) => [each.folder, each])) },
    ADAPTERS,
  ).map(({ line, rule, message }) => `${line} ${rule}: ${message}`);
}

const NO_ENVIRONMENT = { environmentExample: "", otherReaders: "" };

const SOURCE = "packages/codec/src/a.ts";

describe("the ladder", () => {
  test("an import of a lower level passes", () => {
    expect(check(SOURCE, 'import { hashLeaf } from "@lamina/merkle";\nimport { row } from "./row.ts";')).toEqual([]);
  });

  test("an import of a higher or equal level is refused", () => {
    expect(check("packages/merkle/src/a.ts", 'export { row } from "@lamina/codec";')).toEqual([
      "1 ladder: merkle (level 1) must import only lower levels, found codec (level 2)",
    ]);
  });

  test("a type import counts too", () => {
    expect(check("packages/merkle/src/a.ts", 'import type { Row } from "@lamina/codec";')).toHaveLength(1);
  });

  test("an app cannot be imported, neither by name nor by path", () => {
    expect(check("apps/worker/src/a.ts", 'import { x } from "@lamina/gateway";')[0]).toContain("1 ladder: @lamina/gateway is on no level");
    expect(check("apps/worker/src/a.ts", 'import { x } from "../../gateway/src/x.ts";')).toEqual([
      "1 workspace: a relative import leaves apps/worker: ../../gateway/src/x.ts",
    ]);
  });

  test("testing is for tests, and imports primitives alone", () => {
    expect(check(SOURCE, 'import { fakeEnv } from "@lamina/testing";')).not.toEqual([]);
    const declared = MANIFESTS.map((each) => (each.folder === "packages/codec" ? { ...each, devDependencies: new Set(["@lamina/testing"]) } : each));
    expect(
      check("packages/codec/src/a.test.ts", 'import { fakeEnv } from "@lamina/testing";', declared).filter((each) => !each.includes("reference")),
    ).toEqual([]);
    expect(check("packages/testing/src/a.ts", 'import { row } from "@lamina/codec";')).toEqual([
      "1 ladder: testing imports primitives alone, found @lamina/codec",
    ]);
  });

  test("a package that nobody put on the ladder is refused", () => {
    expect(
      check("packages/extra/src/a.ts", 'import { x } from "@lamina/primitives";', [...MANIFESTS, manifest("packages/extra", ["@lamina/primitives"])]),
    ).toEqual(["1 ladder: packages/extra is on no level of the ladder: give it one in scripts/imports/ladder.ts"]);
  });
});

describe("dependencies", () => {
  test("what is imported is declared: hoisting would hide it", () => {
    expect(check(SOURCE, 'import { sha256 } from "@noble/hashes/sha2.js";')).toEqual([
      "1 dependency: @noble/hashes is not among the dependencies of packages/codec/package.json",
    ]);
  });

  test("product code may not lean on a devDependency", () => {
    expect(check(SOURCE, 'import { test } from "vitest";')).toHaveLength(1);
    expect(check("packages/codec/src/a.test.ts", 'import { test } from "vitest";')).toEqual([]);
  });

  test("each declared Lamina package is a reference of the tsconfig", () => {
    const [first] = check(SOURCE, "export {};", [...MANIFESTS, manifest("packages/api", ["@lamina/primitives"], [])]);
    expect(first).toBe("1 reference: expected a reference to packages/primitives, found none");
  });
});

describe("Env", () => {
  test.each([
    ["Date.now()", "clock"],
    ["new Date()", "clock"],
    ["globalThis.Date.now()", "clock"],
    ["performance.now()", "clock"],
    ["setTimeout(() => 1, 5)", "timers"],
    ["AbortSignal.timeout(5)", "timers"],
    ["Math.random()", "randomness"],
    ["Math['random']()", "randomness"],
    ["crypto.getRandomValues(x)", "randomness"],
    ["fetch('http://x')", "network"],
    ["new WebSocket('ws://x')", "network"],
    ["process.env['HOME']", "environment"],
    ["process.kill(1)", "processes"],
  ])("%s reaches %s", (expression, capability) => {
    expect(check("packages/telemetry/src/a.ts", `const x = 1 as never;\nexport const y = ${expression};`)).toEqual([
      expect.stringMatching(new RegExp(`^2 env: .* reaches ${capability}: `)),
    ]);
  });

  test.each([
    ['import { readFileSync } from "node:fs";', "files"],
    ['import * as fs from "node:fs";', "files"],
    ['const fs = await import("node:fs/promises");', "files"],
    ['export { createServer } from "node:http";', "network"],
    ['import { connect } from "node:net";', "network"],
    ['import { spawn } from "node:child_process";', "processes"],
    ['import { setTimeout } from "node:timers/promises";', "timers"],
    ['import { createHash, randomBytes } from "node:crypto";', "randomness"],
    ['import * as crypto from "node:crypto";', "randomness"],
  ])("%s reaches %s", (statement, capability) => {
    expect(check("packages/telemetry/src/a.ts", statement)).toEqual([expect.stringMatching(new RegExp(`^1 env: .* reaches ${capability}: `))]);
  });

  test.each([
    "export const at = (env: { fetch: typeof fetch }) => env.fetch('x');",
    "export const of = (ms: number) => new Date(ms);",
    'import type { Server } from "node:http";',
    'import { type Stats } from "node:fs";',
    'import { createHash } from "node:crypto";',
    "export function go(fetch: () => void) { fetch(); }",
    "export const timers = { setTimeout: 1 };",
    "export type Later = ReturnType<typeof setTimeout>;",
  ])("%s reaches nothing", (text) => {
    expect(check("packages/telemetry/src/a.ts", text)).toEqual([]);
  });

  test("tests are exempt, adapters within their leave, main.ts for the environment", () => {
    expect(check("packages/telemetry/src/a.test.ts", "Date.now();")).toEqual([]);
    expect(check("packages/telemetry/src/disk.ts", 'import "node:net";\nDate.now();')).toHaveLength(2);
    expect(check("apps/worker/src/main.ts", "export const home = process.env['HOME'];")).toEqual([]);
    expect(check("apps/worker/src/config.ts", "export const home = process.env['HOME'];")).toHaveLength(1);
  });

  test("a driver is imported by its adapter alone, its types by anybody", () => {
    const withDriver = [...MANIFESTS.filter(({ folder }) => folder !== "packages/db"), manifest("packages/db", ["postgres"], [])];
    expect(check("packages/db/src/query.ts", 'import postgres from "postgres";', withDriver)).toEqual([
      "1 env: postgres reaches drivers: take it from Env or an adapter",
    ]);
    expect(check("packages/db/src/query.ts", 'import type { Sql } from "postgres";', withDriver)).toEqual([]);
  });

  test("an adapter that is gone comes off the list", () => {
    const tree = { ...NO_ENVIRONMENT, sources: new Map(), manifests: new Map() };
    expect(checkTree(tree, ADAPTERS)).toMatchObject([{ rule: "adapter", path: "packages/telemetry/src/disk.ts" }]);
  });
});

test.each([
  'import { join } from "node:path";',
  "export const b = Buffer.from('');",
  "export const p = process.version;",
])("what runs in browsers has no %s", (text) => {
  expect(check(SOURCE, text)).toEqual([expect.stringMatching(/^1 browser: /)]);
  expect(check("packages/telemetry/src/a.ts", text)).toEqual([]);
});

test("a ring of imports is shown whole", () => {
  const sources = new Map([
    ["packages/telemetry/src/disk.ts", "export {};"],
    ["packages/codec/src/a.ts", 'import { b } from "./b.ts"; export const a = b;'],
    ["packages/codec/src/b.ts", '\nimport type { C } from "./c/c.ts"; export const b = 1;'],
    ["packages/codec/src/c/c.ts", 'export { a as C } from "../a.ts";'],
  ]);
  const [violation, ...others] = checkTree(
    { ...NO_ENVIRONMENT, sources, manifests: new Map(MANIFESTS.map((each) => [each.folder, each])) },
    ADAPTERS,
  );
  expect(others).toEqual([]);
  expect(violation).toMatchObject({
    rule: "cycle",
    message: "imports run in a ring: packages/codec/src/a.ts → packages/codec/src/b.ts → packages/codec/src/c/c.ts → packages/codec/src/a.ts",
  });
});

test("a file that does not parse is named", () => {
  expect(() => check(SOURCE, "const = 1;")).toThrow("packages/codec/src/a.ts does not parse");
});

describe("environment variables", () => {
  const app = (text: string, environmentExample: string, otherReaders = "") =>
    checkTree(
      {
        sources: new Map([["apps/worker/src/config.ts", text]]),
        manifests: new Map(MANIFESTS.map((each) => [each.folder, each])),
        environmentExample,
        otherReaders,
      },
      {},
    ).map(({ path, line, message }) => `${path}:${line}: ${message}`);

  test("each has a line in .env.example, and each line a reader", () => {
    expect(app("export const schema = { NATS_URL: 1 };", "# NATS\nNATS_URL=nats://127.0.0.1:4222")).toEqual([]);
    expect(app("export const schema = { NATS_URL: 1 };", "")).toEqual(["apps/worker/src/config.ts:1: NATS_URL has no line in .env.example"]);
    expect(app("export {};", "# all\n# NATS_URL=")).toEqual([".env.example:2: NATS_URL is read by nothing"]);
    expect(app("export {};", "LAMINA_LONG=0", "process.env.LAMINA_LONG")).toEqual([]);
  });
});
