/** What one stage of the suite found. A stage without tests of its own counts as one test. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What to show for the failures. */
  readonly report: readonly string[];
  /** The failed tests' names with the first line of why, for the end of a long log. */
  readonly failures: readonly string[];
}

export const NOTHING: Outcome = { passed: 0, failed: 0, skipped: 0, report: [], failures: [] };

export function passed(count = 1): Outcome {
  return { ...NOTHING, passed: count };
}

export function failed(report: readonly string[]): Outcome {
  return { ...NOTHING, failed: 1, report };
}

export function sum(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
      report: [...total.report, ...each.report],
      failures: [...total.failures, ...each.failures],
    }),
    NOTHING,
  );
}
