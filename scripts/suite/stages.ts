import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGoModules, goStages } from "./go-stages.ts";
import { failed, NOTHING, passed } from "./outcome.ts";
import type { CommandOptions } from "./run-command.ts";
import { runCommand } from "./run-command.ts";
import type { Stage, SuiteContext } from "./stage.ts";
import { readVitestReport } from "./vitest-report.ts";

/** Every check of the repository, the quick ones first. */
export function allStages(context: SuiteContext): Stage[] {
  const node = process.execPath;
  return [
    command(context, "lint", "biome", ["check", "--error-on-warnings", "--max-diagnostics=200", "."]),
    command(context, "imports", node, ["scripts/check-imports.ts"]),
    command(context, "lockfile", "npm", ["ci", "--dry-run", "--ignore-scripts", "--no-audit", "--no-fund"]),
    generated(context),
    command(context, "types", "tsc", ["-b"]),
    command(context, "types-scripts", "tsc", ["-p", "scripts"]),
    ...findGoModules(context.root).flatMap((folder) => goStages(context, folder)),
    vitest(context),
  ];
}

/** A command that passes or fails as a whole. Its output is shown when it fails. */
function command(context: SuiteContext, name: string, program: string, args: readonly string[]): Stage {
  return {
    name,
    run: async () => {
      const { code, lines, failedToStart } = await runCommand(program, args, { cwd: context.root, env: context.env });
      return code === 0 ? passed() : failed([...lines, failedToStart ?? `${program} ended with ${code}`]);
    },
  };
}

/** Generated code is committed: building it again must change nothing. */
function generated(context: SuiteContext): Stage {
  const script = join("scripts", "generate.ts");
  if (!existsSync(join(context.root, script))) return { name: "generated", run: async () => NOTHING };
  return command(context, "generated", process.execPath, [script, "--check"]);
}

function vitest(context: SuiteContext): Stage {
  return {
    name: "vitest",
    run: async () => {
      const folder = mkdtempSync(join(tmpdir(), "lamina-suite-"));
      const file = join(folder, "report.json");
      try {
        const options: CommandOptions = { cwd: context.root, env: context.env, onLine: (line) => console.log(line) };
        const { code } = await runCommand("vitest", ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${file}`], options);
        if (!existsSync(file)) return failed([`vitest ended with ${code} and wrote no report`]);
        return readVitestReport(readFileSync(file, "utf8"));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
