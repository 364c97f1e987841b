import { decodeTensorsFile, type Item, type VerifySignature } from "@lamina/codec";
import { type Checkpoint, CheckpointError, parseCheckpoint, timestampFromMs, verifyReceipt } from "@lamina/light-client";
import { DecodeError, decodeUtf8, type Env, FileError } from "@lamina/primitives";
import { parseVerifyArguments, UsageError, type VerifyArguments } from "./arguments.ts";
import { describeVerdict } from "./describe-verdict.ts";

export interface VerifyDependencies {
  readonly env: { readonly clock: Pick<Env["clock"], "nowMs">; readonly files: Pick<Env["files"], "readFile"> };
  readonly verifySignature: VerifySignature;
  /** One line of the answer. */
  answer(line: string): void;
  /** One line of what went wrong. */
  complain(line: string): void;
}

export const exitCodes = { valid: 0, invalid: 1, unreadable: 2 } as const;

/** Runs `lamina receipt verify`; answers the exit code: 0 valid, 1 invalid with the reason, 2 unreadable or no checkpoint. Reads files, nothing else. */
export async function runVerify(words: readonly string[], dependencies: VerifyDependencies): Promise<number> {
  try {
    return await judge(parseVerifyArguments(words), dependencies);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FileError || error instanceof CheckpointError || error instanceof DecodeError)) throw error;
    dependencies.complain(error.message);
    return exitCodes.unreadable;
  }
}

async function judge(asked: VerifyArguments, { env, verifySignature, answer, complain }: VerifyDependencies): Promise<number> {
  const checkpoint = await readCheckpoint(asked.checkpoint, env);
  const [inputs, outputs] = [await readTensors(asked.input, env), await readTensors(asked.output, env)];
  const verdict = verifyReceipt(await env.files.readFile(asked.receipt), {
    checkpoint,
    now: asked.now ?? timestampFromMs(env.clock.nowMs()),
    verifySignature,
    ...(inputs === undefined ? {} : { inputs }),
    ...(outputs === undefined ? {} : { outputs }),
  });
  for (const line of describeVerdict(verdict)) (verdict.kind === "valid" ? answer : complain)(line);
  return exitCodes[verdict.kind];
}

async function readCheckpoint(path: string, env: VerifyDependencies["env"]): Promise<Checkpoint> {
  return parseCheckpoint(decodeUtf8(await env.files.readFile(path)));
}

async function readTensors(path: string | undefined, env: VerifyDependencies["env"]): Promise<Item[] | undefined> {
  return path === undefined ? undefined : decodeTensorsFile(await env.files.readFile(path));
}
