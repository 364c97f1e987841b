import type { Checkpoint } from "./checkpoint.ts";
import { minimizeCommit, type SignedBlock } from "./commit.ts";
import type { LightBlock, TrustedSet } from "./light-block.ts";
import { trustedSetKind } from "./trust-path.ts";
import type { ValidatorSet } from "./validator-set.ts";

/** Where a maker of receipts gets blocks: a node, which need not be trusted, since readers verify. */
export interface SignedBlockSource {
  /** The block at `height` with its whole commit. */
  signedBlock(height: bigint): Promise<SignedBlock>;
}

/** A node's blocks do not lead from the checkpoint to the block asked for. */
export interface StepsRefused {
  readonly kind: "refused";
  readonly reason: string;
}

export interface StepsChosen {
  readonly kind: "chosen";
  readonly path: readonly LightBlock[];
}

interface Trusted {
  readonly height: bigint;
  readonly nextValidatorsHash: Uint8Array;
  readonly validators: ValidatorSet | undefined;
}

/**
 * Chooses the blocks that lead a reader from `checkpoint` to the block at `height`: as few as bisection finds. The target is tried first; where less than a
 * third of the trusted power signed it, the block half-way is, down to the direct successor, which needs no overlap.
 * Source: CometBFT v0.40.0 light/client.go, verifySkipping.
 */
export async function chooseSteps(
  checkpoint: Pick<Checkpoint, "height" | "nextValidatorsHash">,
  height: bigint,
  source: SignedBlockSource,
): Promise<StepsChosen | StepsRefused> {
  if (height <= checkpoint.height) return { kind: "refused", reason: `height ${height} must be above the checkpoint's ${checkpoint.height}` };
  const path: LightBlock[] = [];
  let trusted: Trusted = { ...checkpoint, validators: undefined };
  const pending = [await source.signedBlock(height)];
  for (let target = pending.at(-1); target !== undefined; target = pending.at(-1)) {
    const step = await tryStep(trusted, target, source);
    if (step !== undefined) {
      path.push(step);
      trusted = { height: step.header.height, nextValidatorsHash: step.header.nextValidatorsHash, validators: step.validators };
      pending.pop();
    } else if (target.header.height === trusted.height + 1n) {
      return { kind: "refused", reason: `the block at ${target.header.height} does not follow the one before` };
    } else {
      pending.push(await source.signedBlock((trusted.height + target.header.height) / 2n));
    }
  }
  return { kind: "chosen", path };
}

async function tryStep(trusted: Trusted, target: SignedBlock, source: SignedBlockSource): Promise<LightBlock | undefined> {
  const kind = trustedSetKind(trusted.nextValidatorsHash, target.validators, trusted.validators);
  if (kind !== "own" && target.header.height === trusted.height + 1n) return undefined;
  const named: TrustedSet = kind === "carried" ? { kind, validators: (await source.signedBlock(trusted.height + 1n)).validators } : { kind };
  const set = named.kind === "own" ? undefined : named.kind === "previous" ? trusted.validators : named.validators;
  const minimal = minimizeCommit(target, set);
  return minimal === undefined ? undefined : { ...minimal, trusted: named };
}
