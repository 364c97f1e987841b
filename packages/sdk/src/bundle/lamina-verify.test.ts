import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeTensorsFile, Outcome, VoidReason } from "@lamina/codec";
import { encodeReceipt, formatCheckpoint, formatTimestamp } from "@lamina/light-client";
import { type BuiltReceipt, buildReceipt, chainStartSeconds } from "@lamina/light-client/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleNode } from "./esbuild.config.ts";

const folder = mkdtempSync(join(tmpdir(), "lamina-verify-"));
const program = join(folder, "lamina-verify.mjs");
const now = formatTimestamp({ seconds: chainStartSeconds + 60n, nanos: 0 });
let built: BuiltReceipt;

beforeAll(async () => {
  await bundleNode(program);
  built = await buildReceipt({ stage: "final" });
  writeFileSync(join(folder, "job.receipt"), encodeReceipt(built.receipt));
  writeFileSync(join(folder, "checkpoint.json"), formatCheckpoint(built.checkpoint));
  writeFileSync(join(folder, "input.tensors"), encodeTensorsFile(built.inputs));
  writeFileSync(join(folder, "output.tensors"), encodeTensorsFile(built.outputs));
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs the one file in its own folder, with an empty environment. */
function run(...words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { cwd: folder, env: {} }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

const always = ["--checkpoint", "checkpoint.json", "--now", now];

describe("lamina-verify.mjs", () => {
  test("a true receipt is valid, with its input and output", async () => {
    const ran = await run("job.receipt", ...always, "--input", "input.tensors", "--output", "output.tensors");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^valid: paid\nchain {4}lamina-test-1\n/);
    expect(ran.out).toContain("place    block 9 of term 2, row 2 of 5");
    expect(ran.out).toContain("header of height 12");
  });

  test("another output is invalid", async () => {
    expect(await run("job.receipt", ...always, "--output", "input.tensors")).toEqual({
      code: 1,
      out: "",
      err: "invalid: the output is not the one that was committed to\n",
    });
  });

  test("a void row says so and why", async () => {
    const exceptions = [{ first: 2, count: 1, outcome: Outcome.void, reason: VoidReason.laneExhausted }];
    const other = await buildReceipt({ stage: "final", exceptions });
    writeFileSync(join(folder, "void.receipt"), encodeReceipt(other.receipt));
    expect((await run("void.receipt", ...always)).out).toMatch(/^valid: void \(lane_exhausted\)\n/);
  });

  test("a flipped bit is invalid, a cut file unreadable", async () => {
    const bytes = readFileSync(join(folder, "job.receipt"));
    const flipped = Uint8Array.from(bytes, (byte, at) => (at === 400 ? byte ^ 4 : byte));
    writeFileSync(join(folder, "flipped.receipt"), flipped);
    writeFileSync(join(folder, "cut.receipt"), bytes.subarray(0, 500));
    expect((await run("flipped.receipt", ...always)).code).toBe(1);
    expect(await run("cut.receipt", ...always)).toMatchObject({ code: 2, err: expect.stringContaining("unreadable: truncated") });
  });

  test("without a checkpoint, or with one that is none, nothing is judged", async () => {
    expect(await run("job.receipt")).toEqual({ code: 2, out: "", err: "no --checkpoint: a receipt never supplies its own root of trust\n" });
    expect(await run("job.receipt", "--checkpoint", "job.receipt")).toMatchObject({ code: 2 });
    expect(await run("job.receipt", "--checkpoint", "missing.json")).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot read missing.json"),
    });
  });

  test("the trusting period is counted to --now, or to the machine's clock", async () => {
    const late = formatTimestamp({ seconds: chainStartSeconds + 200_000n, nanos: 0 });
    expect(await run("job.receipt", "--checkpoint", "checkpoint.json", "--now", late)).toMatchObject({
      code: 1,
      err: expect.stringContaining("may be used for 86400 s"),
    });
    expect((await run("job.receipt", "--checkpoint", "checkpoint.json")).err).toContain("is ahead of now");
  });

  test.each([
    [["job.receipt", "other.receipt"], "expected one receipt, found 2 files"],
    [["job.receipt", "--trust"], "unknown option --trust"],
    [["job.receipt", "--checkpoint"], "--checkpoint needs a value"],
    [["job.receipt", "--now", now, "--now", now], "--now is given twice"],
    [["job.receipt", "--checkpoint", "checkpoint.json", "--now", "yesterday"], "--now must be an RFC 3339 time in UTC, found yesterday"],
  ])("%j is no question", async (words, expected) => {
    expect(await run(...words)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(expected) });
  });

  test("it imports no module that reaches a network", () => {
    const imported = [...readFileSync(program, "utf8").matchAll(/^(?:import|} from) .*?"(node:[^"]+)";$/gm)].map(([, name]) => name);
    expect(imported).not.toContain("node:net");
    expect(imported.filter((name) => /^node:(net|tls|dns|dgram|https?|http2)/.test(name ?? ""))).toEqual([]);
  });
});
