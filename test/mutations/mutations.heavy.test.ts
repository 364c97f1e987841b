import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { everyday, listMutations, type Mutation } from "./mutation.ts";
import { makeOverlay, runMutant } from "./overlay.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LONG = process.env["LAMINA_LONG"] === "1";
/** A Go mutant compiles and links a test of the whole application: 20 s on two quiet cores, minutes on busy ones. */
const COMPILING_MS = 900_000;
const all = listMutations();

/** Named by the issue that built this line; each has at least one mutation. */
const NAMED = ["I1", "I2", "I3", "I4", "I5", "I6", "I10", "I11", "I16", "I17", "I23"];

test("every invariant that must be held has a mutation", () => {
  const held = new Set(all.map(({ invariant }) => invariant));
  expect(NAMED.filter((invariant) => !held.has(invariant))).toEqual([]);
});

// All of them, every day: a patch that no longer applies or a test that has gone would otherwise be found only by the long mode.
test.each(all)("$name applies, and its test is there", (mutation) => {
  rmSync(makeOverlay(mutation), { recursive: true, force: true });
  expect(isTestThere(mutation)).toBe(true);
});

test.each(LONG ? all : everyday(all))("$invariant is held by a test: $name turns it red", { timeout: COMPILING_MS }, (mutation) => {
  const folder = makeOverlay(mutation);
  try {
    const { isRed, output } = runMutant(mutation, folder);
    expect(isRed, output.slice(-4_000)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function isTestThere({ runner, words: [place = "", , pattern = ""] }: Mutation): boolean {
  if (runner === "vitest") return readFileSync(join(ROOT, place), "utf8") !== "";
  const folder = join(ROOT, "chain", place);
  const name = /\^(Test\w+)\$/.exec(pattern)?.[1] ?? "no test is named";
  const files = readdirSync(folder).filter((file) => file.endsWith("_test.go"));
  return files.some((file) => readFileSync(join(folder, file), "utf8").includes(`func ${name}(`));
}
