import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { vectorsFolder } from "@lamina/testing";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "lamina-light-vectors-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("CometBFT and the SDK's store still make the vectors that are committed", { timeout: 600_000 }, () => {
  const committed = join(vectorsFolder(), "light-client");
  execFileSync("go", ["run", "./tools/lightvectors", folder], { cwd: join(dirname(dirname(vectorsFolder())), "chain"), stdio: "pipe" });
  expect(readdirSync(folder).sort()).toEqual(readdirSync(committed).sort());
  for (const name of readdirSync(committed))
    expect(readFileSync(join(folder, name), "utf8") === readFileSync(join(committed, name), "utf8"), name).toBe(true);
});
