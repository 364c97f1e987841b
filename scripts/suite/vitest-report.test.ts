import { expect, test } from "vitest";
import { readVitestReport } from "./vitest-report.ts";

const CLEAN = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, success: true, testResults: [] };

test("counts what passed and what was skipped", () => {
  expect(readVitestReport(JSON.stringify(CLEAN))).toEqual({ passed: 7, failed: 0, skipped: 1, report: [] });
});

test("a file that does not load is one failure", () => {
  const testResults = [{ name: "a.test.ts", status: "failed", message: "no such module", assertionResults: [] }];
  expect(readVitestReport(JSON.stringify({ ...CLEAN, success: false, testResults }))).toMatchObject({
    failed: 1,
    report: ["a.test.ts: no such module"],
  });
});

test("an error outside any test fails the run", () => {
  expect(readVitestReport(JSON.stringify({ ...CLEAN, success: false }))).toMatchObject({ passed: 7, failed: 1 });
});
