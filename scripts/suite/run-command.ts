import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface CommandResult {
  /** Null where a signal ended the command. */
  readonly code: number | null;
  /** Both streams, in the order in which lines came. */
  readonly lines: readonly string[];
  readonly failedToStart?: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called for each line of either stream as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs a command to its end. Never throws: a command that is not there is a result. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        options.onLine?.(line);
      });
    }
    child.on("error", (error) => resolve({ code: null, lines, failedToStart: error.message }));
    child.on("close", (code) => resolve({ code, lines }));
  });
}
