import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BaseError } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { checkoutAt } from "./checkout.ts";
import { CliError } from "./cli-error.ts";
import { parseCommandLine } from "./command-line.ts";
import type { CliContext } from "./context.ts";
import { hostSignals } from "./host/signals.ts";
import type { Reporter } from "./reporter.ts";
import { runCommand } from "./run-command.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const env = nodeEnv();

const report: Reporter = {
  progress: (line) => void process.stderr.write(`lamina: ${line}\n`),
  answer: (text) => void process.stdout.write(`${text}\n`),
  raw: (bytes) => void process.stdout.write(bytes),
};

const exitCode = await main(process.argv.slice(2));
// Idle connections must not hold a finished command; what was written must be out first.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write("", resolve));
process.exit(exitCode);

async function main(words: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort(new Error(signal)));
  // A reader that went away (`lamina logs x | head`) is no failure of ours.
  process.stdout.on("error", () => interruption.abort(new Error("standard output is closed")));
  const context: CliContext = {
    env,
    signals: hostSignals,
    report,
    checkout: checkoutAt(root, process.arch === "arm64" ? "arm64" : "x64"),
    version: await version(),
    pid: process.pid,
    callerUid: process.getuid?.() ?? -1,
    defaultHome: join(root, ".lamina"),
    workingFolder: process.cwd(),
    callerEnvironment: Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    databaseUrl: process.env["DATABASE_URL"],
    interrupted: interruption.signal,
  };
  try {
    return await runCommand(parseCommandLine(words), context);
  } catch (error) {
    report.progress(error instanceof Error ? error.message : String(error));
    // What is not ours is a bug: then its place matters more than a short answer.
    if (!(error instanceof BaseError) && error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

async function version(): Promise<string> {
  const manifest = JSON.parse(new TextDecoder().decode(await env.files.readFile(join(root, "package.json")))) as { version: string };
  return manifest.version;
}
