import { join } from "node:path";
import { assertNever, decodeUtf8 } from "@lamina/primitives";
import { CliError } from "./cli-error.ts";
import type { Command } from "./command-line.ts";
import { down } from "./commands/down.ts";
import { logs } from "./commands/logs.ts";
import { getReceipt, verifyReceiptFile } from "./commands/receipt.ts";
import { reset } from "./commands/reset.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import type { CliContext } from "./context.ts";

/** Carries out a command; answers the exit code. */
export async function runCommand(command: Command, context: CliContext): Promise<number> {
  switch (command.kind) {
    case "help":
      return help(command.page, context);
    case "version":
      context.report.answer(`lamina ${context.version}`);
      return 0;
    case "up":
      return up(command, context);
    case "down":
      return down(command, context);
    case "status":
      return status(command, context);
    case "logs":
      return logs(command, context);
    case "reset":
      return reset(command, context);
    case "receipt-get":
      return getReceipt(command, context);
    case "receipt-verify":
      return verifyReceiptFile(command.words, context);
    default:
      return assertNever(command, "a command");
  }
}

/** The pages that the root script prints, too, before anything is installed. */
async function help(page: string, { env, checkout, report }: CliContext): Promise<number> {
  const path = join(checkout.root, "apps", "cli", "help", `${page}.txt`);
  if (!/^[a-z]+$/.test(page) || (await env.files.stat(path)) === undefined) {
    throw new CliError("USAGE", `no help page ${JSON.stringify(page)}`, "./lamina --help lists the commands.");
  }
  report.answer(decodeUtf8(await env.files.readFile(path)).trimEnd());
  return 0;
}
