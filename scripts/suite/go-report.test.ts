import { expect, test } from "vitest";
import { readGoReport } from "./go-report.ts";

/** Lines as `go test -json` of Go 1.26 writes them, times left out. */
const event = (fields: Record<string, unknown>) => JSON.stringify(fields);
const run = (Package: string, results: Record<string, string>, own: string) => [
  ...Object.entries(results).flatMap(([Test, Action]) => [
    event({ Action: "run", Package, Test }),
    event({ Action: "output", Package, Test, Output: `output of ${Test}\n` }),
    ...(Action === "cut off" ? [] : [event({ Action, Package, Test })]),
  ]),
  event({ Action: own, Package }),
];

test("a test with subtests is its subtests", () => {
  const lines = run(
    "m",
    { TestTable: "pass", "TestTable/one": "pass", "TestTable/one/deep": "pass", "TestTable/two": "skip", TestPlain: "pass" },
    "pass",
  );
  expect(readGoReport(lines)).toEqual({ passed: 2, failed: 0, skipped: 1, report: [], failures: [] });
});

test("a failed subtest counts once, with its output", () => {
  const lines = run("m", { TestTable: "fail", "TestTable/one": "pass", "TestTable/two": "fail" }, "fail");
  expect(readGoReport(lines)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
    report: ["--- m TestTable/two", "    output of TestTable/two"],
    failures: ["m TestTable/two"],
  });
});

test("a parent that fails by itself counts", () => {
  const outcome = readGoReport(run("m", { TestParent: "fail", "TestParent/fine": "pass" }, "fail"));
  expect(outcome).toMatchObject({ passed: 1, failed: 1, report: ["--- m TestParent", "    output of TestParent"] });
});

test("a test that a timeout cut off is a failure", () => {
  expect(readGoReport(run("m", { TestSlow: "cut off" }, "fail"))).toMatchObject({ passed: 0, failed: 1 });
});

test("a package that does not build is one failure and shows the compiler's words", () => {
  const ImportPath = "m/broken [m/broken.test]";
  const lines = [
    event({ ImportPath, Action: "build-output", Output: "broken/b_test.go:3:28: undefined: x\n" }),
    event({ ImportPath, Action: "build-fail" }),
    event({ Action: "start", Package: "m/broken" }),
    event({ Action: "output", Package: "m/broken", Output: "FAIL\tm/broken [build failed]\n" }),
    event({ Action: "fail", Package: "m/broken", FailedBuild: ImportPath }),
  ];
  const outcome = readGoReport(lines);
  expect(outcome).toMatchObject({ passed: 0, failed: 1 });
  expect(outcome.report).toEqual(["--- m/broken", "    broken/b_test.go:3:28: undefined: x", "    FAIL\tm/broken [build failed]"]);
});

test("what is no JSON is shown beside a failure", () => {
  expect(readGoReport(["go: some warning", ...run("m", { TestA: "fail" }, "fail")]).report).toContain("go: some warning");
  expect(readGoReport(["go: some warning", ...run("m", { TestA: "pass" }, "pass")])).toEqual({
    passed: 1,
    failed: 0,
    skipped: 0,
    report: [],
    failures: [],
  });
});
