import { type VerifySignature, verifySignature } from "@lamina/codec";
import { bytesEqual, toHex } from "@lamina/primitives";
import type { Checkpoint } from "./checkpoint.ts";
import { commitProblem } from "./commit.ts";
import { blockProtocol, type Header, hashHeader } from "./header.ts";
import type { LightBlock, TrustedSet } from "./light-block.ts";
import { formatTimestamp, type Timestamp, timestampToNanos } from "./timestamp.ts";
import { hashValidatorSet, type ValidatorSet, validatorSetProblem } from "./validator-set.ts";

/** What is trusted so far: a checkpoint, or the last block that verified, with its validators. */
interface TrustedState {
  readonly height: bigint;
  readonly headerHash: Uint8Array;
  readonly time: Timestamp;
  readonly nextValidatorsHash: Uint8Array;
  readonly validators: ValidatorSet | undefined;
}

export type TrustPathVerdict = { readonly kind: "trusted"; readonly header: Header } | { readonly kind: "refused"; readonly reason: string };

const nanosPerSecond = 1_000_000_000n;
/** How far ahead of the reader's clock a header may be: clocks of validators and readers differ. */
const clockDriftNanos = 10n * nanosPerSecond;

/**
 * Follows `path` from the reader's checkpoint by the light-client rule, and returns the last header. Each block must be higher and later than the one
 * before, be signed by more than two thirds of its own validators, and either have exactly the validators that the one before announced or be signed by
 * more than one third of the power of those. Nothing is fetched; `now` is the reader's clock.
 * Source: CometBFT v0.40.0 light/verifier.go; docs/spec/receipt.md, *What is verified*, 6 (T74).
 */
export function verifyTrustPath(
  checkpoint: Checkpoint,
  path: readonly LightBlock[],
  now: Timestamp,
  verify: VerifySignature = verifySignature,
): TrustPathVerdict {
  // Times only rise along the path, so what is true of the checkpoint's age is true of every step's.
  if (timestampToNanos(checkpoint.time) + checkpoint.trustingPeriodSeconds * nanosPerSecond <= timestampToNanos(now)) {
    return refused(
      `the checkpoint of ${formatTimestamp(checkpoint.time)} may be used for ${checkpoint.trustingPeriodSeconds} s, now is ${formatTimestamp(now)}`,
    );
  }
  let trusted: TrustedState = { ...checkpoint, validators: undefined };
  for (const block of path) {
    const problem =
      headerProblem(trusted, block.header, checkpoint.chainId, now) ??
      setProblem(trusted, block) ??
      commitProblem(block, trustedSet(trusted, block), verify);
    if (problem !== undefined) return refused(`height ${block.header.height}: ${problem}`);
    const { height, time, nextValidatorsHash } = block.header;
    trusted = { height, headerHash: hashHeader(block.header), time, nextValidatorsHash, validators: block.validators };
  }
  const last = path.at(-1);
  return last === undefined ? refused("the trust path is empty") : { kind: "trusted", header: last.header };
}

/** Which set a step from `nextValidatorsHash` is judged by, the lowest spelling first; `carried` asks the caller for the set of that hash. */
export function trustedSetKind(nextValidatorsHash: Uint8Array, validators: ValidatorSet, previous: ValidatorSet | undefined): TrustedSet["kind"] {
  if (bytesEqual(nextValidatorsHash, hashValidatorSet(validators))) return "own";
  return previous !== undefined && bytesEqual(nextValidatorsHash, hashValidatorSet(previous)) ? "previous" : "carried";
}

function headerProblem(trusted: TrustedState, header: Header, chainId: string, now: Timestamp): string | undefined {
  if (header.chainId !== chainId) return `expected chain ${chainId}, found ${header.chainId}`;
  if (header.blockVersion !== blockProtocol) return `expected block protocol ${blockProtocol}, found ${header.blockVersion}`;
  if (header.height <= trusted.height) return `must be above the trusted height ${trusted.height}`;
  if (header.height === trusted.height + 1n && !bytesEqual(header.lastBlockId.hash, trusted.headerHash)) {
    return `expected the block before to be ${toHex(trusted.headerHash)}, found ${toHex(header.lastBlockId.hash)}`;
  }
  const time = timestampToNanos(header.time);
  if (time <= timestampToNanos(trusted.time)) return `its time ${formatTimestamp(header.time)} must be after ${formatTimestamp(trusted.time)}`;
  if (time >= timestampToNanos(now) + clockDriftNanos) return `its time ${formatTimestamp(header.time)} is ahead of now, ${formatTimestamp(now)}`;
  return undefined;
}

function setProblem(trusted: TrustedState, block: LightBlock): string | undefined {
  const own = validatorSetProblem(block.validators);
  if (own !== undefined) return own;
  const hash = hashValidatorSet(block.validators);
  if (!bytesEqual(hash, block.header.validatorsHash)) return `expected validators ${toHex(block.header.validatorsHash)}, found ${toHex(hash)}`;
  const kind = trustedSetKind(trusted.nextValidatorsHash, block.validators, trusted.validators);
  if (kind !== block.trusted.kind) return `the trusted set must be named as ${kind}, found ${block.trusted.kind}`;
  // The block right after the trusted one has the set that was announced, or is no successor.
  if (kind !== "own" && block.header.height === trusted.height + 1n)
    return `expected validators ${toHex(trusted.nextValidatorsHash)}, found ${toHex(block.header.validatorsHash)}`;
  if (block.trusted.kind !== "carried") return undefined;
  const found = hashValidatorSet(block.trusted.validators);
  if (!bytesEqual(found, trusted.nextValidatorsHash))
    return `the carried set must hash to ${toHex(trusted.nextValidatorsHash)}, found ${toHex(found)}`;
  return validatorSetProblem(block.trusted.validators);
}

/** The set of which one third must have signed; undefined where it is the block's own, of which two thirds did. */
function trustedSet(trusted: TrustedState, block: LightBlock): ValidatorSet | undefined {
  if (block.trusted.kind === "own") return undefined;
  return block.trusted.kind === "previous" ? trusted.validators : block.trusted.validators;
}

function refused(reason: string): TrustPathVerdict {
  return { kind: "refused", reason };
}
