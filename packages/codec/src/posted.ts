import type { Digest, PublicKey, Signature } from "@lamina/primitives";
import type { Row } from "./row.ts";

/** A contiguous piece of one worker's log as it stands in a block. Source: docs/spec/block.md. */
export interface PostedRun {
  readonly worker: PublicKey;
  readonly incarnation: number;
  /** Index of its first row. */
  readonly start: bigint;
  /** Rows, at least 1. */
  readonly count: number;
  /** `head(start)`. */
  readonly previousHead: Digest;
  /** The worker's over `head(start + count)`. */
  readonly signature: Signature;
}

/** How a lane's rows in a block are shown to be its spender's: one signature over their root, or each job's own. */
export type LaneAuthorisation =
  | { readonly lane: bigint; readonly mode: "root"; readonly signature: Signature }
  | { readonly lane: bigint; readonly mode: "each"; readonly signatures: readonly Signature[] };

/** What blocks and forced runs have in common. */
export interface PostedBody {
  readonly level: number;
  readonly param: number;
  readonly referenceHeight: bigint;
  /** Strictly ascending by (worker, incarnation). */
  readonly runs: readonly PostedRun[];
  /** All rows, run after run. */
  readonly rows: readonly Row[];
  /** One for every lane that occurs, ascending. */
  readonly authorisations: readonly LaneAuthorisation[];
}

export interface PostedBlock extends PostedBody {
  readonly charges: bigint;
  readonly rowsRoot: Digest;
  /** The sequencer's over the header's bytes. */
  readonly signature: Signature;
}

/** Consecutive blocks of one term. */
export interface Batch {
  readonly term: bigint;
  readonly firstNumber: bigint;
  /** Hash of the header before the first. */
  readonly parent: Digest;
  readonly blocks: readonly PostedBlock[];
}

/** One run for `MsgForceInclude`; every authorisation is `each`. */
export interface ForcedRun {
  readonly level: number;
  readonly param: number;
  readonly referenceHeight: bigint;
  readonly run: PostedRun;
  readonly rows: readonly Row[];
  readonly authorisations: readonly LaneAuthorisation[];
}
