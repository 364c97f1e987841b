import { toHex } from "@lamina/primitives";
import { totalPower, type ValidatorSet } from "./validator-set.ts";

/** Power that stands behind a commit: of its own set, and of the set that the reader trusts. */
export interface Weight {
  readonly own: bigint;
  readonly trusted: bigint;
}

/**
 * Whose consent a commit needs: always more than two thirds of its own set; where the reader trusts another set, more than one third of that too.
 * Each question takes constant time, since a hostile receipt may name thousands of validators.
 * Source: CometBFT v0.40.0 types/validation.go.
 */
export class Quorum {
  readonly #weights: readonly Weight[];
  readonly #ownTotal: bigint;
  readonly #trustedTotal: bigint | undefined;

  /** `trusted` is undefined where the reader trusts `validators` themselves. */
  constructor(validators: ValidatorSet, trusted: ValidatorSet | undefined) {
    const trustedPowers = new Map(trusted?.map(({ publicKey, power }) => [toHex(publicKey), power]));
    this.#weights = validators.map(({ publicKey, power }) => ({ own: power, trusted: trustedPowers.get(toHex(publicKey)) ?? 0n }));
    this.#ownTotal = totalPower(validators);
    this.#trustedTotal = trusted === undefined ? undefined : totalPower(trusted);
  }

  /** Weight of the validators at these positions. */
  weightOf(signers: readonly number[]): Weight {
    let [own, trusted] = [0n, 0n];
    for (const signer of signers) {
      const weight = this.#weights[signer];
      own += weight?.own ?? 0n;
      trusted += weight?.trusted ?? 0n;
    }
    return { own, trusted };
  }

  /** `weight` without the validator at position `signer`. */
  without(weight: Weight, signer: number): Weight {
    const less = this.#weights[signer];
    return { own: weight.own - (less?.own ?? 0n), trusted: weight.trusted - (less?.trusted ?? 0n) };
  }

  /** Tells what `weight` lacks; undefined where it suffices. Exactly two thirds, or one, is too little. */
  shortfall({ own, trusted }: Weight): string | undefined {
    if (own * 3n <= this.#ownTotal * 2n) return `more than two thirds of power ${this.#ownTotal} must sign, found ${own}`;
    if (this.#trustedTotal === undefined || trusted * 3n > this.#trustedTotal) return undefined;
    return `more than one third of trusted power ${this.#trustedTotal} must sign, found ${trusted}`;
  }
}
