import { expect, test } from "vitest";
import { readVitestReport } from "./vitest-report.ts";

const CLEAN = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, success: true, testResults: [] };

test("counts what passed and what was skipped", () => {
  expect(readVitestReport(JSON.stringify(CLEAN))).toEqual({ passed: 7, failed: 0, skipped: 1, report: [], failures: [] });
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

test("a failed test is named with its file and the first line of why", () => {
  const assertionResults = [
    { status: "passed", fullName: "x works", failureMessages: [] },
    { status: "failed", fullName: "y works", failureMessages: ["expected 400 to be 200\n    at file:1"] },
  ];
  const testResults = [{ name: "a.test.ts", status: "failed", message: "", assertionResults }];
  expect(readVitestReport(JSON.stringify({ ...CLEAN, numFailedTests: 1, success: false, testResults }))).toMatchObject({
    failed: 1,
    failures: ["a.test.ts > y works: expected 400 to be 200"],
  });
});
