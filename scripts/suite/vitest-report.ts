import type { Outcome } from "./outcome.ts";

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

/** Counts vitest's JSON report. A file that failed before its tests were known counts as one failure, and so does a run that failed otherwise. */
export function readVitestReport(text: string): Outcome {
  const report = JSON.parse(text) as VitestReport;
  const brokenFiles = report.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0);
  const failedCount = report.numFailedTests + brokenFiles.length;
  // An error outside any test, such as an unhandled rejection, shows in `success` alone.
  const failed = failedCount === 0 && !report.success ? 1 : failedCount;
  return {
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
    report: brokenFiles.map(({ name, message }) => `${name}: ${message ?? "failed to load"}`),
  };
}
