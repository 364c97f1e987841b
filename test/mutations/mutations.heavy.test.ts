import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { listMutations } from "./mutation.ts";
import { makeOverlay, runMutant } from "./overlay.ts";

test.each(listMutations())("$invariant is held by a test: $name turns it red", (mutation) => {
  const folder = makeOverlay(mutation);
  try {
    const { isRed, output } = runMutant(mutation, folder);
    expect(isRed, output.slice(-4_000)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
