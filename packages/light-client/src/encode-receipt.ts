import { chainIdBytes, encodeExceptions, encodeForcedHeader, encodeHeader, encodeRow, tagBytes, writeBytes16, writeBytes32 } from "@lamina/codec";
import { ByteWriter, type ChainId, DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "@lamina/primitives";
import { writeLightBlock } from "./light-block.ts";
import {
  type ChainPart,
  type FinalPart,
  type OrderedPart,
  orderedKinds,
  type PendingPart,
  type Receipt,
  receiptMagic,
  receiptStages,
  type SignedPart,
} from "./receipt.ts";

/** The receipt's bytes. Throws `EncodeError` for what does not fit its field; nothing is verified. Source: docs/spec/receipt.md. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new ByteWriter()
    .fixed(receiptMagic)
    .u8(receiptStages.indexOf(receipt.stage) + 1)
    .fixed(chainIdBytes(receipt.chainId));
  writeSignedPart(writer, receipt.signed);
  if (receipt.stage === "signed") return writer.finish();
  writeOrderedPart(writer, receipt.ordered);
  if (receipt.stage === "ordered") return writer.finish();
  if (receipt.stage === "pending") writePendingPart(writer, receipt.pending, receipt.ordered.kind);
  else writeFinalPart(writer, receipt.final);
  writeChainPart(writer, receipt.chain);
  return writer.finish();
}

/** What stands before a header's own fields in its signed bytes; the receipt says the chain id once and leaves tags out. */
export function headerPrefix(kind: OrderedPart["kind"], chainId: ChainId): Uint8Array {
  const tag = kind === "block" ? "lamina/block/1" : "lamina/forced/1";
  return new ByteWriter().fixed(tagBytes(tag)).fixed(chainIdBytes(chainId)).finish();
}

function writeSignedPart(writer: ByteWriter, { row, private: secret, head }: SignedPart): void {
  writer.fixed(encodeRow(row)).fixed(secret.salt, 32).fixed(secret.inputCommitment, DIGEST_BYTES);
  writeBytes16(writer, secret.parameters);
  writeBytes16(writer, secret.reference);
  writer.fixed(head.previousHead, DIGEST_BYTES).u16(head.following.length);
  writeDigests(writer, head.following);
  writer.fixed(head.signature, SIGNATURE_BYTES);
}

function writeOrderedPart(writer: ByteWriter, ordered: OrderedPart): void {
  const bytes = ordered.kind === "block" ? encodeHeader(ordered.header) : encodeForcedHeader(ordered.header);
  const prefix = headerPrefix(ordered.kind, ordered.header.chainId);
  writer.u8(orderedKinds[ordered.kind]).fixed(bytes.subarray(prefix.length));
  if (ordered.kind === "block") writer.fixed(ordered.sequencer, PUBLIC_KEY_BYTES).fixed(ordered.signature, SIGNATURE_BYTES);
  writer.u32(ordered.inclusion.index);
  writeCounted(writer, ordered.inclusion.siblings);
}

function writePendingPart(writer: ByteWriter, pending: PendingPart, kind: OrderedPart["kind"]): void {
  writer.u64(pending.acceptedHeight);
  if (kind === "block") writer.fixed(pending.batchId ?? new Uint8Array(), DIGEST_BYTES);
}

function writeFinalPart(writer: ByteWriter, final: FinalPart): void {
  writer.u64(final.acceptedHeight).u64(final.finalHeight).u64(final.debited).u64(final.refunded);
  writer.u32(final.exceptions.length).fixed(encodeExceptions(final.exceptions));
  writer.u64(BigInt(final.log.inclusion.index)).u64(BigInt(final.log.size));
  writeCounted(writer, final.log.peaks);
  writeCounted(writer, final.log.inclusion.siblings);
}

function writeChainPart(writer: ByteWriter, chain: ChainPart): void {
  writeBytes32(writer, chain.storeProof);
  writer.u16(chain.path.length);
  for (const block of chain.path) writeLightBlock(writer, block);
}

function writeCounted(writer: ByteWriter, digests: readonly Uint8Array[]): void {
  writer.u8(digests.length);
  writeDigests(writer, digests);
}

function writeDigests(writer: ByteWriter, digests: readonly Uint8Array[]): void {
  for (const digest of digests) writer.fixed(digest, DIGEST_BYTES);
}
