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
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly failureMessages?: readonly string[] | null }[];
  }[];
}

/** Counts vitest's JSON report. A file that failed before its tests were known counts as one failure, and so does a run that failed otherwise. */
export function readVitestReport(text: string): Outcome {
  const report = JSON.parse(text) as VitestReport;
  const brokenFiles = report.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0);
  const failedCount = report.numFailedTests + brokenFiles.length;
  // An error outside any test, such as an unhandled rejection, shows in `success` alone.
  const failed = failedCount === 0 && !report.success ? 1 : failedCount;
  const failures = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => `${name} > ${fullName}: ${firstLine(failureMessages?.[0])}`),
  );
  return {
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
    report: brokenFiles.map(({ name, message }) => `${name}: ${message ?? "failed to load"}`),
    failures: [...failures, ...brokenFiles.map(({ name, message }) => `${name}: ${firstLine(message)}`)],
  };
}

function firstLine(message = "failed"): string {
  return message.split("\n", 1)[0] ?? message;
}
