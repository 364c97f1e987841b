import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the committed vectors are the ones that their generators write", () => {
  const script = join(import.meta.dirname, "write-vectors.ts");
  const output = execFileSync(process.execPath, ["--conditions=lamina-source", script, "--check"], { encoding: "utf8" });
  expect(output).toBe("");
});
