import { epochOf, type Job } from "@lamina/codec";

/** What a row will take from its lane and add to the worker's open value, at most. Ulam. */
export interface Obligation {
  readonly lane: bigint;
  readonly debit: bigint;
  readonly charge: bigint;
  readonly epoch: bigint;
  readonly nonce: number;
}

export interface Held extends Obligation {
  /** Set once the row stands in the log; from then on only the chain's accepting it lets it go. */
  index: bigint | undefined;
}

/**
 * What was promised on lanes and bond and does not show on the chain yet: jobs under way, and rows that it has not accepted. A lane's balance less
 * these is what may still be promised; a nonce is taken once (I4).
 */
export class Obligations {
  readonly #debitByLane = new Map<bigint, bigint>();
  readonly #nonces = new Map<string, Set<number>>();
  /** In the order of their indices, from `#first` on. */
  #rows: Held[] = [];
  #first = 0;
  #openCharge = 0n;

  /** Debits of a lane that the chain has not taken yet. */
  debitOf(lane: bigint): bigint {
    return this.#debitByLane.get(lane) ?? 0n;
  }

  /** Charges that the chain does not count as open yet. */
  get openCharge(): bigint {
    return this.#openCharge;
  }

  isNonceTaken(lane: bigint, epoch: bigint, nonce: number): boolean {
    return this.#nonces.get(nonceKey(lane, epoch))?.has(nonce) ?? false;
  }

  hold(obligation: Obligation): Held {
    const held: Held = { ...obligation, index: undefined };
    this.#add(held, 1n);
    const key = nonceKey(held.lane, held.epoch);
    const taken = this.#nonces.get(key) ?? new Set();
    this.#nonces.set(key, taken.add(held.nonce));
    return held;
  }

  /** The work came to nothing: as if it had never been promised. */
  release(held: Held): void {
    this.#add(held, -1n);
    this.#nonces.get(nonceKey(held.lane, held.epoch))?.delete(held.nonce);
  }

  /** The row stands in the log, at an index above all before it. */
  place(held: Held, index: bigint): void {
    held.index = index;
    this.#rows.push(held);
  }

  /** The chain has accepted the log up to `count`: lanes and open value show those rows now. */
  settle(count: bigint): void {
    for (let row = this.#rows[this.#first]; row?.index !== undefined && row.index < count; row = this.#rows[this.#first]) {
      this.#add(row, -1n);
      this.#first += 1;
    }
    if (this.#first < 4_096 || this.#first * 2 < this.#rows.length) return;
    this.#rows = this.#rows.slice(this.#first);
    this.#first = 0;
  }

  /** No job of an epoch before `epoch` can settle any more: its nonces are forgotten (I4, T68). */
  forgetEpochsBefore(epoch: bigint): void {
    for (const key of this.#nonces.keys()) if (BigInt(key.slice(0, key.indexOf("/"))) < epoch) this.#nonces.delete(key);
  }

  #add(held: Held, sign: bigint): void {
    const debit = this.debitOf(held.lane) + sign * held.debit;
    if (debit === 0n) this.#debitByLane.delete(held.lane);
    else this.#debitByLane.set(held.lane, debit);
    this.#openCharge += sign * held.charge;
  }
}

/** What a job obliges to, given the units that its model counts. */
export function obligationOf(job: Job, charge: bigint, rules: { readonly signatureFee: bigint; readonly epochHeights: bigint }): Obligation {
  // The spender may withhold its root: then the signature fee is taken too.
  return { lane: job.lane, debit: charge + rules.signatureFee, charge, epoch: epochOf(job.settleBy, rules.epochHeights), nonce: job.nonce };
}

function nonceKey(lane: bigint, epoch: bigint): string {
  return `${epoch}/${lane}`;
}
