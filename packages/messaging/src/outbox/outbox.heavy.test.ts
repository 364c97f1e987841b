import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeEnv } from "@lamina/primitives/node";
import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";

const PROCESS = fileURLToPath(new URL("../testing/outbox-process.ts", import.meta.url));
const STEPS = ["outbox.append.before", "outbox.append.written", "outbox.append.synced", "outbox.compact.before", "outbox.compact.replaced"];
const PASSINGS = process.env["LAMINA_LONG"] === "1" ? Array.from({ length: 50 }, (_, index) => index + 1) : [1, 3];

test("killed by SIGKILL at each of its steps, again and again on one file, it loses nothing that it confirmed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lamina-outbox-"));
  const path = join(directory, "outbox.log");
  const added = new Set<string>();
  const settling = new Set<string>();
  const settled = new Set<string>();
  let first = 0;
  for (const step of STEPS) {
    for (const passing of PASSINGS) {
      const { said, signal } = await run(path, first, `${step}:${passing}`);
      expect(signal, `${step}:${passing} was passed`).toBe("SIGKILL");
      for (const line of said) {
        if (line.startsWith("+")) added.add(line.slice(1));
        if (line.startsWith("?")) settling.add(line.slice(1));
        if (line.startsWith("-")) settled.add(line.slice(1));
      }
      first += 1000;
      const outbox = await Outbox.open(
        { path, resendAfterMs: 1, bytesMax: 1e6 },
        { env: nodeEnv(), send: async () => undefined, onFault: () => undefined },
      );
      for (const id of added) if (!settling.has(id)) expect(outbox.has(id), `${id} was confirmed before ${step}:${passing}`).toBe(true);
      for (const id of settled) expect(outbox.has(id), `${id} was settled`).toBe(false);
      for (const { id, payload } of outbox.entries()) expect(new TextDecoder().decode(payload)).toBe(`payload of ${id}`);
      await outbox.close();
    }
  }
  expect(added.size).toBeGreaterThan(STEPS.length);
  await rm(directory, { recursive: true });
});

function run(path: string, first: number, crashAt: string): Promise<{ said: string[]; signal: string | null }> {
  const env = { ...process.env, LAMINA_CRASH_AT: crashAt };
  const child = spawn(process.execPath, ["--conditions=lamina-source", PROCESS, path, String(first)], { env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve) => child.on("close", (_, signal) => resolve({ said: text.split("\n").slice(0, -1), signal })));
}
