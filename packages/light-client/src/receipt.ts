import type { BlockHeader, ExceptionRun, ForcedHeader, PrivatePart, Row } from "@lamina/codec";
import type { InclusionProof } from "@lamina/merkle";
import type { BatchId, ChainId, Digest, PublicKey } from "@lamina/primitives";
import type { LightBlock } from "./light-block.ts";

/** The worker's word: the row, what it commits to, and a signed head of the log that it stands in. */
export interface SignedPart {
  readonly row: Row;
  readonly private: PrivatePart;
  readonly head: {
    /** Head of the log before the row. */
    readonly previousHead: Digest;
    /** Leaf hashes of the rows after it, up to the head that the worker signed. */
    readonly following: readonly Digest[];
    readonly signature: Uint8Array;
  };
}

/** The block that holds the row: a sequencer's, with its signature, or one that the chain made of a forced run. */
export type OrderedPart =
  | {
      readonly kind: "block";
      readonly header: BlockHeader;
      readonly sequencer: PublicKey;
      readonly signature: Uint8Array;
      readonly inclusion: InclusionProof;
    }
  | { readonly kind: "forced"; readonly header: ForcedHeader; readonly inclusion: InclusionProof };

/** What the chain keeps of a block that waits for its window. */
export interface PendingPart {
  readonly acceptedHeight: bigint;
  /** Undefined for a forced run, which is in no batch. */
  readonly batchId: BatchId | undefined;
}

/** What of the final record does not follow from the header, and the record's place in the final log. Amounts in ulam. */
export interface FinalPart {
  readonly acceptedHeight: bigint;
  readonly finalHeight: bigint;
  readonly debited: bigint;
  readonly refunded: bigint;
  readonly exceptions: readonly ExceptionRun[];
  readonly log: { readonly size: number; readonly peaks: readonly Digest[]; readonly inclusion: InclusionProof };
}

/** What ties a value in the chain's state to the reader's checkpoint. */
export interface ChainPart {
  /** `encodeStoreProof`. */
  readonly storeProof: Uint8Array;
  readonly path: readonly LightBlock[];
}

interface Signed {
  readonly chainId: ChainId;
  readonly signed: SignedPart;
}

interface Ordered extends Signed {
  readonly ordered: OrderedPart;
}

/** One job's receipt at one stage. It never holds what it is to be trusted by: the reader brings a checkpoint (T74). Source: docs/spec/receipt.md. */
export type Receipt =
  | (Signed & { readonly stage: "signed" })
  | (Ordered & { readonly stage: "ordered" })
  | (Ordered & { readonly stage: "pending"; readonly pending: PendingPart; readonly chain: ChainPart })
  | (Ordered & { readonly stage: "final"; readonly final: FinalPart; readonly chain: ChainPart });

export type ReceiptStage = Receipt["stage"];

/** In the order of their numbers, 1 to 4. */
export const receiptStages = ["signed", "ordered", "pending", "final"] as const satisfies readonly ReceiptStage[];

/** `LMNRCPT1`. */
export const receiptMagic = Uint8Array.from("LMNRCPT1", (character) => character.charCodeAt(0));

/** Numbers of the two kinds of block, in the ordered part and in the final record. */
export const orderedKinds = { block: 1, forced: 2 } as const;
