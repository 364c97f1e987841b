import { bytesEqual, type Digest, type PublicKey } from "@lamina/primitives";

/** What the chain says of its current term. */
export interface ChainTerm {
  readonly term: bigint;
  readonly key: PublicKey;
  /** Bech32 account that may submit. */
  readonly operator: string;
  readonly acceptedNumber: bigint;
  readonly acceptedHash: Digest;
}

/** A block that was signed here: its place in the journal is its number. */
export interface SignedBlock {
  readonly term: bigint;
  readonly number: bigint;
  readonly hash: Digest;
}

/** What the signer's journal remembers of a term. */
export interface SignerState {
  readonly key: PublicKey;
  /** The account that submits. */
  readonly operator: string;
  /** Number that the term began after, where the journal knows it. */
  readonly termStarts: ReadonlyMap<bigint, bigint>;
  /** Blocks still held, ascending by number within a term. */
  readonly blocks: readonly SignedBlock[];
  /** Highest number ever signed, by term. */
  readonly highest: ReadonlyMap<bigint, bigint>;
}

/** What to do next about the chain. */
export type Submission =
  /** No term yet, or another's: nothing may be signed. */
  | { readonly kind: "standby"; readonly term: bigint }
  /** All that was signed is accepted. */
  | { readonly kind: "idle" }
  /** These blocks are to be accepted next: consecutive, the first following the accepted one. */
  | { readonly kind: "submit"; readonly blocks: readonly SignedBlock[] }
  /** The chain has blocks of this term that the journal does not: the signer's state is an old one, and signing could repeat a number (I34, T53). */
  | { readonly kind: "behind"; readonly signed: bigint; readonly accepted: bigint }
  /** The chain accepted another block at a number that was signed here. */
  | { readonly kind: "conflict"; readonly number: bigint };

/** Decides from the chain's term and the journal alone. */
export function nextSubmission(chain: ChainTerm, state: SignerState): Submission {
  const { term, acceptedNumber } = chain;
  if (term === 0n || chain.operator !== state.operator || !bytesEqual(chain.key, state.key)) return { kind: "standby", term };
  const signed = state.highest.get(term) ?? state.termStarts.get(term) ?? 0n;
  if (signed < acceptedNumber) return { kind: "behind", signed, accepted: acceptedNumber };
  const own = state.blocks.filter((block) => block.term === term);
  const accepted = own.find(({ number }) => number === acceptedNumber);
  if (accepted !== undefined && !bytesEqual(accepted.hash, chain.acceptedHash)) return { kind: "conflict", number: acceptedNumber };
  const blocks = own.filter(({ number }) => number > acceptedNumber);
  return blocks.length === 0 ? { kind: "idle" } : { kind: "submit", blocks };
}

/** Where the next block goes: after the last signed one of the chain's term, else after the accepted one. */
export function nextPlace(chain: ChainTerm, state: SignerState): { readonly number: bigint; readonly parent: Digest } {
  const last = state.blocks.filter((block) => block.term === chain.term).at(-1);
  if (last !== undefined && last.number >= chain.acceptedNumber) return { number: last.number + 1n, parent: last.hash };
  return { number: chain.acceptedNumber + 1n, parent: chain.acceptedHash };
}
