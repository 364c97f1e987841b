import type { Outcome } from "./outcome.ts";
import { NOTHING, sum } from "./outcome.ts";

/** One line of `go test -json`. Source: `go doc test2json`. */
interface GoEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly ImportPath?: string;
  readonly Test?: string;
  readonly Output?: string;
  readonly FailedBuild?: string;
}

interface Node {
  result?: string;
  failedBuild?: string;
  readonly output: string[];
}

/** A package, or a build under its import path; its own events are under the empty test name. */
type Tests = Map<string, Node>;

/**
 * Counts `go test -json`: leaf tests (a test that has subtests is its subtests, unless it failed by itself), plus one failure for each package
 * that failed without a test of its own failing, which is how a build error or an `os.Exit` shows. Lines that are no JSON are shown as they are.
 */
export function readGoReport(lines: readonly string[]): Outcome {
  const packages = new Map<string, Tests>();
  const stray: string[] = [];
  for (const line of lines) {
    const event = parse(line);
    if (event === undefined) stray.push(line);
    else record(packages, event);
  }
  const outcomes = [...packages].map(([name, tests]) => countPackage(name, tests, packages));
  const total = sum(outcomes);
  return total.failed === 0 ? total : { ...total, report: [...total.report, ...stray] };
}

function parse(line: string): GoEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as GoEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function record(packages: Map<string, Tests>, event: GoEvent): void {
  const name = event.Package ?? event.ImportPath ?? "";
  const tests: Tests = packages.get(name) ?? new Map();
  packages.set(name, tests);
  const node: Node = tests.get(event.Test ?? "") ?? { output: [] };
  tests.set(event.Test ?? "", node);
  if (event.Output !== undefined) node.output.push(`    ${event.Output.trimEnd()}`);
  if (["pass", "fail", "skip"].includes(event.Action)) node.result = event.Action;
  if (event.FailedBuild !== undefined) node.failedBuild = event.FailedBuild;
}

function countPackage(name: string, tests: Tests, packages: ReadonlyMap<string, Tests>): Outcome {
  const names = [...tests.keys()].filter((test) => test !== "");
  const resultOf = (test: string) => tests.get(test)?.result;
  const hasBelow = (test: string, result?: string) =>
    names.some((other) => other.startsWith(`${test}/`) && (result === undefined || resultOf(other) === result));
  // A test that began and never ended was cut off by a panic or a timeout in its package.
  const failed = names.filter((test) => resultOf(test) !== "pass" && resultOf(test) !== "skip" && !hasBelow(test, "fail"));
  const leaves = names.filter((test) => !hasBelow(test));
  const counts = {
    passed: leaves.filter((test) => resultOf(test) === "pass").length,
    skipped: leaves.filter((test) => resultOf(test) === "skip").length,
  };
  if (failed.length > 0) {
    const report = failed.flatMap((test) => [`--- ${name} ${test}`, ...(tests.get(test)?.output ?? [])]);
    return { ...counts, failed: failed.length, report, failures: failed.map((test) => `${name} ${test}`) };
  }
  const whole = tests.get("");
  if (whole?.result !== "fail") return { ...NOTHING, ...counts };
  const build = packages.get(whole.failedBuild ?? "")?.get("")?.output ?? [];
  return { ...counts, failed: 1, report: [`--- ${name}`, ...build, ...whole.output], failures: [name] };
}
