import { useSha256 } from "@lamina/merkle";
import { nodeEnv, nodeSha256 } from "@lamina/primitives/node";
import { jsonLogger } from "@lamina/telemetry";
import { makeKey, showKey } from "./commands/keys.ts";
import { openIncarnation } from "./commands/open-incarnation.ts";
import { parseCommand, USAGE } from "./commands/parse-command.ts";
import { runWorker } from "./commands/run-worker.ts";
import { readConfig } from "./config.ts";

const EXIT_USAGE = 2;

async function main(): Promise<void> {
  useSha256(nodeSha256);
  const env = nodeEnv();
  const command = parseCommand(process.argv.slice(2));
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  switch (command.kind) {
    case "help":
      return say(USAGE);
    case "usage":
      process.stderr.write(`${command.problem}\n${USAGE}\n`);
      process.exitCode = EXIT_USAGE;
      return;
    case "new-key":
      return say(await makeKey(env, command.path));
    case "show-key":
      return say(await showKey(env, command.path));
    case "new-incarnation":
      return say(await openIncarnation(env, readConfig(process.env), logger(env, "info")));
    case "run": {
      const config = readConfig({ ...process.env, ...(command.newState ? { NEW_STATE: "1" } : {}) });
      const stop = new AbortController();
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
      return runWorker(config, { env, logger: logger(env, config.logLevel), nodePath: process.execPath, stop: stop.signal });
    }
  }
}

function logger(env: ReturnType<typeof nodeEnv>, level: "debug" | "info" | "warn" | "error") {
  return jsonLogger({ level, fields: { app: "worker" } }, { clock: env.clock, write: (line) => void process.stdout.write(line) });
}

main().then(
  // Whatever a library still holds open must not keep a drained worker alive.
  () => process.exit(),
  (error: unknown) => {
    logger(nodeEnv({ crashAt: "" }), "error").error("the worker ends", { error });
    process.exit(1);
  },
);
