import { type BlockHeader, decodeExceptions, decodeFinalRecord, type ForcedHeader } from "@lamina/codec";
import { hashLeaf, MerkleTree } from "@lamina/merkle";
import { BaseError, bytesEqual, type Digest, type PublicKey, toHex } from "@lamina/primitives";
import type { FinalPart, OrderedPart } from "./receipt.ts";
import { decodeFinalLogValue, finalRecordBytes } from "./settled-value.ts";

/** A block as posted, with the leaf hashes of all its rows in order. */
export type BlockFacts = { readonly rowHashes: readonly Digest[] } & (
  | { readonly kind: "block"; readonly header: BlockHeader; readonly sequencer: PublicKey; readonly signature: Uint8Array }
  | { readonly kind: "forced"; readonly header: ForcedHeader }
);

/** How a block ended, and the place of its record in the final log. */
export type FinalFacts = Omit<FinalPart, "log"> & { readonly logIndex: number };

/** What was collected for a receipt does not fit together: the index lags behind the chain, or is wrong. */
export class ReceiptFactsError extends BaseError<"RECEIPT_FACTS"> {
  override readonly retryable = true;
  readonly details: { readonly expected: string; readonly found: string };
  constructor(what: string, expected: string, found: string) {
    super("RECEIPT_FACTS", `${what}: expected ${expected}, found ${found}`);
    this.details = { expected, found };
  }
}

/** The ordered part of the receipt of row `index` of a block. Throws `ReceiptFactsError` where the rows are not the header's. */
export function assembleOrdered(facts: BlockFacts, index: number): OrderedPart {
  const { rowHashes, ...block } = facts;
  const tree = MerkleTree.fromHashes(rowHashes);
  if (!bytesEqual(tree.root(), block.header.rowsRoot)) throw new ReceiptFactsError("rows root", toHex(block.header.rowsRoot), toHex(tree.root()));
  return { ...block, inclusion: tree.proveInclusion(index) };
}

/** What a final record says besides the header, from its bytes and its exception runs' bytes. Throws `DecodeError`. */
export function finalFactsOf(recordBytes: Uint8Array, exceptionBytes: Uint8Array, logIndex: number): FinalFacts {
  const { acceptedHeight, finalHeight, debited, refunded, rows } = decodeFinalRecord(recordBytes);
  return { acceptedHeight, finalHeight, debited, refunded, exceptions: decodeExceptions(exceptionBytes, rows), logIndex };
}

/**
 * The final part, in the final log as it stands in `provedValue` (what the chain holds under `finalLogKey`). `records` are the log's leaf hashes, as many
 * or more. Throws `ReceiptFactsError` where they are not the chain's, or the record is not this block's.
 */
export function assembleFinal(ordered: OrderedPart, facts: FinalFacts, records: MerkleTree, provedValue: Uint8Array): FinalPart {
  const { logIndex, ...part } = facts;
  const { size, peaks } = decodeFinalLogValue(provedValue);
  if (records.size < size || logIndex >= size)
    throw new ReceiptFactsError("final log", `record ${logIndex} among the chain's ${size}`, `${records.size} records`);
  const found = records.peaks(size);
  const wrong = found.findIndex((peak, at) => !bytesEqual(peak, peaks[at] ?? new Uint8Array()));
  if (wrong !== -1)
    throw new ReceiptFactsError(`peak ${wrong} of the final log`, toHex(peaks[wrong] ?? new Uint8Array()), toHex(found[wrong] ?? new Uint8Array()));
  const final = { ...part, log: { size, peaks, inclusion: records.proveInclusion(logIndex, size) } };
  const recordHash = hashLeaf(finalRecordBytes(ordered, final));
  const loggedHash = records.leafHash(logIndex);
  if (!bytesEqual(recordHash, loggedHash)) throw new ReceiptFactsError(`record ${logIndex} of the final log`, toHex(loggedHash), toHex(recordHash));
  return final;
}
