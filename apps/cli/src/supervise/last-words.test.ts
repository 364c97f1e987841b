import { expect, test } from "vitest";
import { lastWords } from "./last-words.ts";

test("the newest error of a JSON log, with its causes", () => {
  const error = [
    { name: "LoadError", message: "digits cannot be loaded" },
    { name: "Error", message: "no memory" },
  ];
  const lines = [
    JSON.stringify({ level: "error", message: "earlier" }),
    JSON.stringify({ level: "error", message: "the worker ends", error }),
    "Node.js v24",
  ];
  expect(lastWords(lines)).toBe("the worker ends: digits cannot be loaded: no memory");
});

test("without one, the newest line that names an error", () => {
  expect(lastWords(["    at x", "TypeError: x is not a function", "    at y (z.js:1)", "", "Node.js v24.21.0"])).toBe(
    "TypeError: x is not a function",
  );
  expect(lastWords(["2026 FATAL: no", "panic: nil map", "goroutine 1"])).toBe("panic: nil map");
});

test("else the last line, cut to one that can be read", () => {
  expect(lastWords(["a", "b"])).toBe("b");
  expect(lastWords([])).toBeUndefined();
  expect(lastWords(["x".repeat(1_000)])).toHaveLength(300);
  expect(lastWords([JSON.stringify({ level: "info", message: "fine" })])).toBe('{"level":"info","message":"fine"}');
});
