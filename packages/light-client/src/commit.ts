import { type VerifySignature, verifySignature } from "@lamina/codec";
import { type Header, hashHeader } from "./header.ts";
import { Quorum } from "./quorum.ts";
import type { Timestamp } from "./timestamp.ts";
import type { ValidatorSet } from "./validator-set.ts";
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

/**
 * Tells why a commit does not prove its header, or undefined where it does. Every signature must verify, and none may be spare: without any one of them
 * the commit would fall short, so that a receipt has no room for bytes that nobody checks.
 * Source: CometBFT v0.40.0 types/validation.go; docs/spec/receipt.md, *What is verified*, 6 and 7.
 */
export function commitProblem(block: SignedBlock, trusted: ValidatorSet | undefined, verify: VerifySignature = verifySignature): string | undefined {
  const { signatures } = block.commit;
  const outside = signatures.find(({ validator }) => block.validators[validator] === undefined);
  if (outside !== undefined) return `a signature names validator ${outside.validator} of ${block.validators.length}`;
  const isAscending = signatures.every(({ validator }, index) => index === 0 || validator > (signatures[index - 1]?.validator ?? validator));
  if (!isAscending) return "signatures must ascend by validator";
  const quorum = new Quorum(block.validators, trusted);
  const weight = quorum.weightOf(signatures.map(({ validator }) => validator));
  const shortfall = quorum.shortfall(weight);
  if (shortfall !== undefined) return shortfall;
  const spare = signatures.find(({ validator }) => quorum.shortfall(quorum.without(weight, validator)) === undefined);
  if (spare !== undefined) return `the commit must be minimal: the signature of validator ${spare.validator} is not needed`;
  const isRight = signatureCheck(block, verify);
  const wrong = signatures.find((signature) => !isRight(signature));
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
  const quorum = new Quorum(block.validators, trusted);
  const right = block.commit.signatures.filter(signatureCheck(block, verify));
  let weight = quorum.weightOf(right.map(({ validator }) => validator));
  if (quorum.shortfall(weight) !== undefined) return undefined;
  const dropped = new Set<number>();
  // Validators stand by descending power, so the last signer is always the smallest.
  for (const { validator } of right.toReversed()) {
    const without = quorum.without(weight, validator);
    if (quorum.shortfall(without) !== undefined) continue;
    weight = without;
    dropped.add(validator);
  }
  return { ...block, commit: { ...block.commit, signatures: right.filter(({ validator }) => !dropped.has(validator)) } };
}

function signatureCheck(block: SignedBlock, verify: VerifySignature): (signature: CommitSignature) => boolean {
  const { header, commit, validators } = block;
  const blockId = { hash: hashHeader(header), partsTotal: commit.partsTotal, partsHash: commit.partsHash };
  return ({ validator, time, signature }) => {
    const message = precommitSignBytes({ chainId: header.chainId, height: header.height, round: commit.round, blockId, time });
    const signer = validators[validator];
    return signer !== undefined && verify(signer.publicKey, message, signature);
  };
}
