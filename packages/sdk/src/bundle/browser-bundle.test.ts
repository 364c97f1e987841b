import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { encodeReceipt, formatCheckpoint } from "@lamina/light-client";
import { buildReceipt, chainStartSeconds } from "@lamina/light-client/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleBrowser } from "./esbuild.config.ts";

const gzippedBytesMax = 80_000;
const folder = mkdtempSync(join(tmpdir(), "lamina-bundle-"));
const path = join(folder, "verify.js");
let code = "";

beforeAll(async () => {
  await bundleBrowser(path, "iife");
  code = readFileSync(path, "utf8");
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the browser's bundle is small and builds no code from text", () => {
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(gzippedBytesMax);
  expect(code).not.toMatch(/\beval\b|\bFunction\s*\(|\brequire\s*\(|node:/);
});

test("so is the whole client's", async () => {
  const client = join(folder, "client.mjs");
  await bundleBrowser(client, "esm", "index.ts");
  const text = readFileSync(client, "utf8");
  expect(gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(gzippedBytesMax);
  expect(/\beval\b|\bFunction\s*\(|(?<![.\w])require\s*\(|node:|@cosmjs|[zZ]od/.exec(text)?.[0]).toBeUndefined();
});

test("a receipt verifies in a context that has nothing but the language", async () => {
  const built = await buildReceipt({ stage: "final" });
  const bytes = [...encodeReceipt(built.receipt)];
  const context = createContext(
    { input: JSON.stringify({ bytes, checkpoint: formatCheckpoint(built.checkpoint), nowMs: Number(chainStartSeconds + 60n) * 1000 }) },
    { codeGeneration: { strings: false, wasm: false } },
  );
  runInContext(`"use strict";\n${code}`, context);
  const judge = (change: string) =>
    runInContext(
      `{
        const { bytes, checkpoint, nowMs } = JSON.parse(input);
        const receipt = Uint8Array.from(bytes);
        ${change}
        const verdict = laminaVerify.verifyReceipt(receipt, { checkpoint: laminaVerify.parseCheckpoint(checkpoint), now: laminaVerify.timestampFromMs(nowMs) });
        JSON.stringify([verdict.kind, verdict.outcome, verdict.reason]);
      }`,
      context,
    );
  expect(JSON.parse(judge(""))).toEqual(["valid", "paid", null]);
  expect(JSON.parse(judge("receipt[300] ^= 1;"))[0]).toBe("invalid");
  expect(JSON.parse(judge("receipt[0] ^= 1;"))[0]).toBe("unreadable");
});
