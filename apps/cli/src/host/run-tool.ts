import type { Env, SpawnOptions } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";

export interface ToolResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and gives what it printed; `PROCESS_FAILED` with the last line it said where it fails. `input` goes to its stdin. */
export async function runTool(
  env: Pick<Env, "spawn">,
  purpose: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly input?: Uint8Array },
): Promise<ToolResult> {
  const { input, ...spawnOptions } = options;
  const child = env.spawn(command, args, { ...spawnOptions, stdio: { stdin: input === undefined ? "ignore" : "pipe" } });
  const output = [collect(child.stdout), collect(child.stderr)] as const;
  if (input !== undefined && child.stdin !== undefined) {
    await child.stdin.write(input);
    await child.stdin.end();
  }
  const [stdout, stderr, exit] = await Promise.all([...output, child.exited]);
  if (exit.code === 0) return { stdout, stderr };
  const said = `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .at(-1);
  const how = exit.error?.message ?? (exit.signal === null ? `exit code ${exit.code}` : exit.signal);
  const last = said === undefined ? "it said nothing" : `it said last: ${said.trim().slice(0, 400)}`;
  throw new CliError("PROCESS_FAILED", `${purpose} failed (${how}); ${last}`, `The command was ${command} ${args.slice(0, 3).join(" ")}.`);
}

async function collect(stream: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream ?? []) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
