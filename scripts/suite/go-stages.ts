import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readGoReport } from "./go-report.ts";
import type { Outcome } from "./outcome.ts";
import { failed, passed, sum } from "./outcome.ts";
import type { CommandResult } from "./run-command.ts";
import { runCommand } from "./run-command.ts";
import type { Stage, SuiteContext } from "./stage.ts";

const SKIPPED = new Set(["node_modules", "dist", ".git", ".lamina", ".third_party", "vendor", "build"]);
const CONSENSUS_LINTER = "tools/consensuslint/cmd/consensuslint";
const CONSENSUS_FOLDERS = ["x", "codec", "amount", "confined"];
/** Generated files, and the samples of analyzers, are not held to the format. */
const UNFORMATTED = /\.pb(\.gw)?\.go$|(^|\/)testdata\//;

/** Folders that hold a go.mod, relative to the root, with at least one Go file below. */
export function findGoModules(root: string, folder = ".", depth = 4): string[] {
  if (depth === 0) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const below = entries
    .filter((entry) => entry.isDirectory() && !SKIPPED.has(entry.name))
    .flatMap((entry) => findGoModules(root, join(folder, entry.name), depth - 1));
  return existsSync(join(root, folder, "go.mod")) ? [folder, ...below] : below;
}

/** Format, vet, tests and a short fuzz of every target of one Go module. */
export function goStages(context: SuiteContext, folder: string): Stage[] {
  const go = (args: readonly string[], program = "go"): Promise<CommandResult> =>
    runCommand(program, args, { cwd: join(context.root, folder), env: context.env });
  const lint = existsSync(join(context.root, folder, CONSENSUS_LINTER))
    ? [{ name: `consensus lint ${folder}`, run: () => consensusLint(go, context, folder) }]
    : [];
  return [
    { name: `gofmt ${folder}`, run: () => checkFormat(go) },
    { name: `go vet ${folder}`, run: async () => asOutcome(await goOnPackages(go, ["vet"])) },
    ...lint,
    { name: `go test ${folder}`, run: () => goTest(go, context.long) },
    { name: `go fuzz ${folder}`, run: () => goFuzz(go, context.long) },
  ];
}

type Go = (args: readonly string[], program?: string) => Promise<CommandResult>;

function asOutcome(result: CommandResult): Outcome {
  return result.code === 0 ? passed() : failed([...result.lines, result.failedToStart ?? `go ended with ${result.code}`]);
}

async function checkFormat(go: Go): Promise<Outcome> {
  const { code, lines, failedToStart } = await go(["-l", "."], "gofmt");
  const unformatted = lines.filter((line) => !UNFORMATTED.test(line));
  if (code !== 0) return failed([...lines, failedToStart ?? `gofmt ended with ${code}`]);
  return unformatted.length === 0 ? passed() : failed(unformatted.map((line) => `not formatted by gofmt: ${line}`));
}

/** A module that only pins tools has no packages, which `go vet ./...` calls an error. */
async function goOnPackages(go: Go, args: readonly string[]): Promise<CommandResult> {
  const listed = await go(["list", "./..."]);
  const none = listed.code === 0 && !listed.lines.some((line) => line !== "" && !line.startsWith("go: warning"));
  return none || listed.code !== 0 ? listed : go([...args, "./..."]);
}

/** No map ranges, wall clock, goroutines, floats or panics in what runs inside consensus. */
async function consensusLint(go: Go, context: SuiteContext, folder: string): Promise<Outcome> {
  const present = CONSENSUS_FOLDERS.filter((each) => existsSync(join(context.root, folder, each)));
  return asOutcome(await go(["run", `./${CONSENSUS_LINTER}`, ...present.map((each) => `./${each}/...`)]));
}

async function goTest(go: Go, long: boolean): Promise<Outcome> {
  const { code, lines, failedToStart } = await goOnPackages(go, ["test", "-json", `-timeout=${long ? "6h" : "20m"}`]);
  const outcome = readGoReport(lines);
  if (code === 0 || outcome.failed > 0) return outcome;
  return sum([outcome, failed([...lines, failedToStart ?? `go test ended with ${code}`])]);
}

/** `go test -fuzz` takes one target of one package at a time. */
async function goFuzz(go: Go, long: boolean): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const { packagePath, target } of await fuzzTargets(go)) {
    const result = await go(["test", "-run=^$", `-fuzz=^${target}$`, `-fuzztime=${long ? "5m" : "10s"}`, packagePath]);
    outcomes.push(asOutcome(result));
  }
  return sum(outcomes);
}

async function fuzzTargets(go: Go): Promise<{ packagePath: string; target: string }[]> {
  const { lines } = await goOnPackages(go, ["test", "-list=^Fuzz", "-json"]);
  const targets: { packagePath: string; target: string }[] = [];
  for (const line of lines) {
    const match = /^\{.*"Action":"output","Package":"([^"]+)","Output":"(Fuzz\w+)\\n"\}$/.exec(line);
    if (match !== null) targets.push({ packagePath: match[1] as string, target: match[2] as string });
  }
  return targets;
}
