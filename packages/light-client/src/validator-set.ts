import { merkleRoot } from "@lamina/merkle";
import { type ByteReader, type ByteWriter, compareBytes, DecodeError, type Digest, PUBLIC_KEY_BYTES, toHex } from "@lamina/primitives";
import { sha256 } from "@noble/hashes/sha2.js";
import { ProtobufWriter } from "./protobuf-writer.ts";

export interface Validator {
  /** ed25519, 32 bytes: the one key type that Lamina's chain allows. */
  readonly publicKey: Uint8Array;
  readonly power: bigint;
}

/** Validators of one height in CometBFT's order: power descending, then address ascending. */
export type ValidatorSet = readonly Validator[];

/** CometBFT's bound on the sum of powers: an eighth of the largest int64. */
const totalPowerMax = ((1n << 63n) - 1n) / 8n;

/** CometBFT's bound on the validators of one set (types.MaxVotesCount). */
const validatorsMax = 10_000;

/** A validator's address: the first 20 bytes of SHA-256 of its key. */
export function validatorAddress(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey).slice(0, 20);
}

export function totalPower(validators: ValidatorSet): bigint {
  return validators.reduce((sum, { power }) => sum + power, 0n);
}

/** What a header's `validatorsHash` holds. Source: CometBFT v0.40.0 types/validator_set.go, Hash; types/validator.go, Bytes. */
export function hashValidatorSet(validators: ValidatorSet): Digest {
  return merkleRoot(
    validators.map(({ publicKey, power }) => {
      const key = new ProtobufWriter().message(1, publicKey).finish();
      return new ProtobufWriter().message(1, key).varint(2, power).finish();
    }),
  );
}

/**
 * Tells what keeps `validators` from being a set: none, powers outside 1…2^60, another order than CometBFT's, a key twice, which would count twice
 * towards a third of the trusted power. Keys are judged where they sign: one odd key in a set must not spoil the signatures of the others.
 */
export function validatorSetProblem(validators: ValidatorSet): string | undefined {
  if (validators.length === 0) return "a validator set has at least one validator, found none";
  if (new Set(validators.map(({ publicKey }) => toHex(publicKey))).size !== validators.length) return "a validator occurs twice in its set";
  if (validators.some(({ power }) => power < 1n)) return "a validator's power must be at least 1";
  if (totalPower(validators) > totalPowerMax) return `total power must be at most ${totalPowerMax}, found ${totalPower(validators)}`;
  const misplaced = validators.findIndex((validator, index) => index > 0 && compareValidators(validators[index - 1] ?? validator, validator) >= 0);
  return misplaced === -1 ? undefined : `validators must stand by descending power, then ascending address: validator ${misplaced} does not`;
}

/** CometBFT's order. */
export function compareValidators(left: Validator, right: Validator): number {
  if (left.power !== right.power) return left.power > right.power ? -1 : 1;
  return compareBytes(validatorAddress(left.publicKey), validatorAddress(right.publicKey));
}

/** u16 count, then key b32 and power u64 each. Source: docs/spec/receipt.md, *Light block*. */
export function writeValidatorSet(writer: ByteWriter, validators: ValidatorSet): void {
  writer.u16(validators.length);
  for (const { publicKey, power } of validators) writer.fixed(publicKey, PUBLIC_KEY_BYTES).u64(power);
}

export function readValidatorSet(reader: ByteReader): ValidatorSet {
  const { offset } = reader;
  const count = reader.u16();
  if (count < 1 || count > validatorsMax) throw new DecodeError("out-of-range", offset, `1..${validatorsMax} validators`, String(count));
  return Array.from({ length: count }, () => ({ publicKey: reader.fixed(PUBLIC_KEY_BYTES, "validator key"), power: reader.u64() }));
}
