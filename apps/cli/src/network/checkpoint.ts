import { type Checkpoint, formatCheckpoint, parseCheckpoint } from "@lamina/light-client";
import { decodeUtf8, type Env, encodeUtf8 } from "@lamina/primitives";
import type { StateFolder } from "../state/state-folder.ts";
import type { ChainLink } from "./chain-link.ts";

/** Two thirds of the devnet's unbonding time (`STAKE_LOCKED_SECONDS`). */
export const TRUSTING_PERIOD_SECONDS = 1_209_600n;
/** For how long a devnet's validators stay liable: its receipts can be verified that long. */
export const STAKE_LOCKED_SECONDS = 1_814_400n;

/**
 * Writes the trust anchor for receipts where there is none, or only one that has less than half of its time left. Whoever runs the network may
 * take it from its own node; others must get it from somewhere that they trust.
 */
export async function ensureCheckpoint(env: Pick<Env, "files" | "clock">, folder: StateFolder, chain: ChainLink): Promise<Checkpoint> {
  const kept = await readCheckpoint(env, folder);
  const nowSeconds = BigInt(Math.floor(env.clock.nowMs() / 1000));
  if (kept !== undefined && kept.chainId === chain.chainId && nowSeconds < kept.time.seconds + kept.trustingPeriodSeconds / 2n) return kept;
  const prover = await chain.prover();
  const made = await prover.checkpoint(await prover.latestHeight(), TRUSTING_PERIOD_SECONDS);
  await env.files.writeFileAtomic(folder.checkpointFile, encodeUtf8(formatCheckpoint(made)), { mode: 0o644 });
  return made;
}

async function readCheckpoint(env: Pick<Env, "files">, folder: StateFolder): Promise<Checkpoint | undefined> {
  if ((await env.files.stat(folder.checkpointFile)) === undefined) return undefined;
  return parseCheckpoint(decodeUtf8(await env.files.readFile(folder.checkpointFile)));
}
