import { newIncarnation } from "@lamina/chain-client";
import { BaseError, type Env } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { WorkerConfig } from "../config.ts";
import { openChain, openSender, openSigner } from "./connect.ts";

/** The command needs the operator's account key. */
export class NoAccountKeyError extends BaseError<"NO_ACCOUNT_KEY"> {
  readonly details = {};
  constructor() {
    super("NO_ACCOUNT_KEY", "ACCOUNT_KEY_FILE is missing: only the operator's account opens an incarnation");
  }
}

/** Asks for the next incarnation of the worker's log: the way out after its disk was lost. Gives a line for people. */
export async function openIncarnation(env: Env, config: WorkerConfig, logger: Logger): Promise<string> {
  const signer = await openSigner(env, config);
  const sender = await openSender(env, config, await openChain(config), logger);
  if (sender === undefined) throw new NoAccountKeyError();
  const { incarnation, opensHeight } = await newIncarnation(sender, signer.publicKey);
  return `incarnation ${incarnation} opens at height ${opensHeight}: then start the worker with --new-state, once`;
}
