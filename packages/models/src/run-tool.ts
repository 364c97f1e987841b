import type { Env } from "@lamina/primitives";
import { ModelBuildError } from "./model-error.ts";

const KEPT_CHARACTERS = 2_000;

export interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  /** The tool's whole environment; package managers need the caller's (PATH, HOME, proxies, indexes). */
  readonly processEnv: Readonly<Record<string, string>>;
  readonly model: string;
  /** What to do where the tool fails or is missing. */
  readonly remedy: string;
}

/** Runs a tool to its end and returns what it printed; throws `ModelBuildError` with the last lines of its complaint where it fails. */
export async function runTool(env: Pick<Env, "spawn">, tool: Tool): Promise<string> {
  const child = env.spawn(tool.command, tool.args, { env: tool.processEnv, stdio: { stdin: "ignore" } });
  const [stdout, stderr, exit] = await Promise.all([readText(child.stdout), readText(child.stderr), child.exited]);
  if (exit.code === 0) return stdout;
  const complaint = stderr.trim().split("\n").slice(-3).join(" ");
  const reason =
    exit.error?.message ?? `${tool.command} ${tool.args.slice(0, 3).join(" ")} ended with ${exit.signal ?? `code ${exit.code}`}: ${complaint}`;
  throw new ModelBuildError({ model: tool.model, reason, remedy: tool.remedy }, exit.error === undefined ? undefined : { cause: exit.error });
}

async function readText(stream: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  let text = "";
  if (stream === undefined) return text;
  const decoder = new TextDecoder();
  for await (const chunk of stream) text = (text + decoder.decode(chunk, { stream: true })).slice(-KEPT_CHARACTERS);
  return text;
}
