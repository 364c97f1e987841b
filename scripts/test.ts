import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import type { Outcome } from "./suite/outcome.ts";
import { sum } from "./suite/outcome.ts";
import { allStages } from "./suite/stages.ts";

const HELP = `Runs every check and test of the repository and ends with a line "N passed, N failed".
  --long         the long modes too (hours)
  --only A,B     only stages whose name begins with one of these
  --list         print the names of the stages`;

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: { long: { type: "boolean", default: false }, only: { type: "string" }, list: { type: "boolean" }, help: { type: "boolean" } },
});

const env = {
  ...process.env,
  // The tools of this repository, and the Node that came with them, go before what the machine has.
  PATH: [join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  ...(values.long ? { LAMINA_LONG: "1" } : {}),
};

const wanted = values.only?.split(",");
const stages = allStages({ root, long: values.long, env }).filter(({ name }) => wanted === undefined || wanted.some((each) => name.startsWith(each)));

if (values.help) console.log(HELP);
else if (values.list) for (const { name } of stages) console.log(name);
else await runAll();

async function runAll(): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const stage of stages) {
    const startedMs = performance.now();
    const outcome = await stage.run();
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    for (const line of outcome.report) console.log(line);
    const skipped = outcome.skipped === 0 ? "" : `, ${outcome.skipped} skipped`;
    console.log(
      `${outcome.failed === 0 ? "ok  " : "FAIL"} ${stage.name}: ${outcome.passed} passed, ${outcome.failed} failed${skipped} (${seconds} s)`,
    );
    // A check that is no list of tests fails by its name.
    outcomes.push(outcome.failed > 0 && outcome.failures.length === 0 ? { ...outcome, failures: [stage.name] } : outcome);
  }
  const total = sum(outcomes);
  // A log is often kept by its end alone: name there what failed.
  for (const failure of total.failures) console.log(`failed: ${failure}`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
  console.log(`${total.passed} passed, ${total.failed} failed`);
}
