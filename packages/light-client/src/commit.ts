import { type VerifySignature, verifySignature } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import { type Header, hashHeader } from "./header.ts";
import type { Timestamp } from "./timestamp.ts";
import { totalPower, type Validator, type ValidatorSet } from "./validator-set.ts";
import { precommitSignBytes } from "./vote.ts";

/** A precommit of the validator at `validator` (its position in the set of the block's height). */
export interface CommitSignature {
  readonly validator: number;
  readonly time: Timestamp;
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Precommits of one round for one block, ascending by validator. Which block is not said here: it is the header that the commit stands beside. */
export interface Commit {
  readonly round: number;
  readonly partsTotal: number;
  readonly partsHash: Uint8Array;
  readonly signatures: readonly CommitSignature[];
}

/** A header, the validators of its height, and who of them signed it. */
export interface SignedBlock {
  readonly header: Header;
  readonly validators: ValidatorSet;
  readonly commit: Commit;
}

/** Whose consent a commit needs: always more than two thirds of its own set; where the reader trusts another set, more than one third of that too. */
export interface Quorum {
  readonly validators: ValidatorSet;
  readonly trusted: ValidatorSet | undefined;
}

/**
 * Tells why a commit does not prove its header, or undefined where it does. Every signature must verify, and none may be spare: without any one of them
 * the commit would fall short, so that a receipt has no room for bytes that nobody checks.
 * Source: CometBFT v0.40.0 types/validation.go; docs/spec/receipt.md, *What is verified*, 6 and 7.
 */
export function commitProblem(block: SignedBlock, trusted: ValidatorSet | undefined, verify: VerifySignature = verifySignature): string | undefined {
  const quorum = { validators: block.validators, trusted };
  const { signatures } = block.commit;
  const outside = signatures.find(({ validator }) => block.validators[validator] === undefined);
  if (outside !== undefined) return `a signature names validator ${outside.validator} of ${block.validators.length}`;
  if (signatures.some(({ validator }, index) => index > 0 && validator <= (signatures[index - 1]?.validator ?? -1)))
    return "signatures must ascend by validator";
  const signers = signatures.map(({ validator }) => validator);
  const shortfall = quorumShortfall(quorum, signers);
  if (shortfall !== undefined) return shortfall;
  const spare = signers.find(
    (signer) =>
      quorumShortfall(
        quorum,
        signers.filter((other) => other !== signer),
      ) === undefined,
  );
  if (spare !== undefined) return `the commit must be minimal: the signature of validator ${spare} is not needed`;
  const wrong = signatures.find((signature) => !signatureVerifies(block, signature, verify));
  return wrong === undefined ? undefined : `the signature of validator ${wrong.validator} does not verify`;
}

/**
 * The same block with as few signatures as prove it: those that do not verify are left out, then the smallest powers (of equal ones the last) for as long
 * as the rest suffices. Undefined where even all of them do not.
 */
export function minimizeCommit(
  block: SignedBlock,
  trusted: ValidatorSet | undefined,
  verify: VerifySignature = verifySignature,
): SignedBlock | undefined {
  const quorum = { validators: block.validators, trusted };
  let kept = block.commit.signatures.filter((signature) => signatureVerifies(block, signature, verify));
  const signersOf = (signatures: readonly CommitSignature[]) => signatures.map(({ validator }) => validator);
  if (quorumShortfall(quorum, signersOf(kept)) !== undefined) return undefined;
  // Validators stand by descending power, so the last signer is always the smallest.
  for (const candidate of kept.toReversed()) {
    const without = kept.filter((signature) => signature !== candidate);
    if (quorumShortfall(quorum, signersOf(without)) === undefined) kept = without;
  }
  return { ...block, commit: { ...block.commit, signatures: kept } };
}

/** Tells what the signers (positions in `quorum.validators`) lack. */
export function quorumShortfall(quorum: Quorum, signers: readonly number[]): string | undefined {
  const signed = signers.flatMap((signer) => quorum.validators[signer] ?? []);
  const [power, total] = [totalPower(signed), totalPower(quorum.validators)];
  if (power * 3n <= total * 2n) return `more than two thirds of power ${total} must sign, found ${power}`;
  if (quorum.trusted === undefined) return undefined;
  const [trustedPower, trustedTotal] = [trustedPowerOf(quorum.trusted, signed), totalPower(quorum.trusted)];
  return trustedPower * 3n > trustedTotal ? undefined : `more than one third of trusted power ${trustedTotal} must sign, found ${trustedPower}`;
}

function trustedPowerOf(trusted: ValidatorSet, signed: readonly Validator[]): bigint {
  const keys = new Set(signed.map(({ publicKey }) => toHex(publicKey)));
  return totalPower(trusted.filter(({ publicKey }) => keys.has(toHex(publicKey))));
}

function signatureVerifies(block: SignedBlock, { validator, time, signature }: CommitSignature, verify: VerifySignature): boolean {
  const { header, commit } = block;
  const blockId = { hash: hashHeader(header), partsTotal: commit.partsTotal, partsHash: commit.partsHash };
  const message = precommitSignBytes({ chainId: header.chainId, height: header.height, round: commit.round, blockId, time });
  const signer = block.validators[validator];
  return signer !== undefined && verify(signer.publicKey, message, signature);
}
