import { BaseError, Secret } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { jsonLogger, type LogLevel, noopLogger } from "./index.ts";
import { recordingLogger } from "./testing/index.ts";

class LostError extends BaseError<"LOST"> {
  readonly details = { batchId: "ab", key: new Secret("canary") };
}

function record(level: LogLevel = "debug") {
  const lines: string[] = [];
  return { lines, logger: jsonLogger({ level, fields: { app: "worker" } }, { clock: { nowMs: () => 0 }, write: (line) => lines.push(line) }) };
}

test("a line is one JSON object with time, level, message and the fields", () => {
  const { lines, logger } = record();
  logger.child({ workerId: 3n }).info("batch accepted", { height: 12n, digest: new Uint8Array([1, 255]) });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"batch accepted","app":"worker","workerId":"3","height":"12","digest":"01ff"}\n',
  ]);
});

test("lines below the level are not written", () => {
  const { lines, logger } = record("warn");
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(["c", "d"]);
});

test("a field cannot pass for the message, and a newline cannot start another line", () => {
  const { lines, logger } = record();
  logger.info("real", { message: "forged", level: "error", text: 'x\n{"level":"error"}' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.slice(0, -1)).not.toContain("\n");
  expect(JSON.parse(lines[0] as string)).toMatchObject({ message: "real", level: "info" });
});

describe("a secret never shows (I31, T62)", () => {
  const secret = new Secret("canary");
  test.each([
    ["as a field", { secret }],
    ["in an object", { config: { nats: { seed: secret } } }],
    ["in a list, a map, a set", { list: [secret], map: new Map([["k", secret]]), set: new Set([secret]) }],
    ["in an error's details", { error: new LostError("LOST", "it is lost") }],
    ["in a cause", { error: new Error("outer", { cause: new LostError("LOST", "it is lost") }) }],
    ["in text", { text: `the key is ${secret}` }],
  ])("%s", (_, fields) => {
    const { lines, logger } = record();
    logger.error("failed", fields);
    expect(lines[0]).toContain("[redacted]");
    expect(lines[0]).not.toContain("canary");
  });
});

test("an error is written with its code, details and causes", () => {
  const logger = recordingLogger();
  logger.error("batch lost", { error: new Error("outer", { cause: new LostError("LOST", "it is lost") }) });
  expect(logger.withMessage("batch lost")[0]?.["error"]).toMatchObject([
    { name: "Error", message: "outer" },
    { name: "LostError", code: "LOST", message: "it is lost", details: { batchId: "ab" } },
  ]);
});

test("no value makes a log fail or grow without bound", () => {
  const ring: { self?: unknown } = {};
  ring.self = ring;
  const logger = recordingLogger();
  logger.info("odd", {
    ring,
    big: "x".repeat(1e6),
    bytes: new Uint8Array(1e6),
    many: Array.from({ length: 1e5 }, () => 1),
    not: Number.NaN,
    call: () => 1,
  });
  expect(logger.lines[0]).toMatchObject({ bytes: "[1000000 bytes]", not: "NaN", call: "[function]" });
  expect(JSON.stringify(logger.lines[0]).length).toBeLessThan(20_000);
});

test("the no-op says nothing, its children too", () => {
  expect(noopLogger.child({ a: 1 }).error("x")).toBeUndefined();
});
