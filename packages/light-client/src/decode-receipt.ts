import {
  decodeForcedHeader,
  decodeHeader,
  decodeParameters,
  decodeRow,
  REFERENCE_BYTES_MAX,
  ROW_BYTES,
  readBytes16,
  readBytes32,
  readChainId,
  readExceptions,
} from "@lamina/codec";
import type { InclusionProof } from "@lamina/merkle";
import {
  ByteReader,
  batchId,
  bytesEqual,
  type ChainId,
  concatBytes,
  DecodeError,
  DIGEST_BYTES,
  type Digest,
  digest,
  PUBLIC_KEY_BYTES,
  publicKey,
  SIGNATURE_BYTES,
} from "@lamina/primitives";
import { headerPrefix } from "./encode-receipt.ts";
import { readLightBlock } from "./light-block.ts";
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

const blockFieldsBytes = 106;
const forcedFieldsBytes = 62;

/** Reads exactly one receipt in its only encoding. Throws `DecodeError`; nothing is verified. Source: docs/spec/receipt.md. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new ByteReader(bytes);
  if (!bytesEqual(reader.fixed(receiptMagic.length, "magic"), receiptMagic)) throw new DecodeError("unexpected-value", 0, "LMNRCPT1", "other bytes");
  const code = reader.u8();
  const stage = receiptStages[code - 1];
  if (stage === undefined) throw new DecodeError("unexpected-value", reader.offset - 1, "a stage 1…4", String(code));
  const chainId = readChainId(reader);
  const signed = readSignedPart(reader);
  const receipt = stage === "signed" ? { stage, chainId, signed } : readFurther(reader, stage, chainId, signed);
  reader.expectEnd();
  return receipt;
}

function readFurther(reader: ByteReader, stage: Exclude<Receipt["stage"], "signed">, chainId: ChainId, signed: SignedPart): Receipt {
  const ordered = readOrderedPart(reader, chainId);
  if (stage === "ordered") return { stage, chainId, signed, ordered };
  if (stage === "pending")
    return { stage, chainId, signed, ordered, pending: readPendingPart(reader, ordered.kind), chain: readChainPart(reader, chainId) };
  return { stage, chainId, signed, ordered, final: readFinalPart(reader, ordered.header.rows), chain: readChainPart(reader, chainId) };
}

function readSignedPart(reader: ByteReader): SignedPart {
  const row = decodeRow(reader.fixed(ROW_BYTES, "row"));
  const [salt, inputCommitment] = [reader.fixed(32, "salt"), digest(reader.fixed(DIGEST_BYTES, "input commitment"))];
  const parameters = readBytes16(reader, "parameters");
  decodeParameters(parameters);
  const { offset } = reader;
  const reference = readBytes16(reader, "reference");
  if (reference.length > REFERENCE_BYTES_MAX)
    throw new DecodeError("length-over-limit", offset, `a reference of at most ${REFERENCE_BYTES_MAX} bytes`, `${reference.length}`);
  const previousHead = digest(reader.fixed(DIGEST_BYTES, "previous head"));
  const following = readDigests(reader, reader.u16());
  return {
    row,
    private: { salt, inputCommitment, parameters, reference },
    head: { previousHead, following, signature: reader.fixed(SIGNATURE_BYTES, "head signature") },
  };
}

function readOrderedPart(reader: ByteReader, chainId: ChainId): OrderedPart {
  const kind = reader.u8();
  if (kind === orderedKinds.block) {
    const header = decodeHeader(concatBytes(headerPrefix("block", chainId), reader.fixed(blockFieldsBytes, "header")));
    const [sequencer, signature] = [publicKey(reader.fixed(PUBLIC_KEY_BYTES, "sequencer key")), reader.fixed(SIGNATURE_BYTES, "header signature")];
    return { kind: "block", header, sequencer, signature, inclusion: readInclusion(reader) };
  }
  if (kind !== orderedKinds.forced) throw new DecodeError("unexpected-value", reader.offset - 1, "a kind of block 1…2", String(kind));
  const header = decodeForcedHeader(concatBytes(headerPrefix("forced", chainId), reader.fixed(forcedFieldsBytes, "forced header")));
  return { kind: "forced", header, inclusion: readInclusion(reader) };
}

function readInclusion(reader: ByteReader): InclusionProof {
  return { index: reader.u32(), siblings: readDigests(reader, reader.u8()) };
}

function readPendingPart(reader: ByteReader, kind: OrderedPart["kind"]): PendingPart {
  return { acceptedHeight: reader.u64(), batchId: kind === "block" ? batchId(reader.fixed(DIGEST_BYTES, "batch id")) : undefined };
}

function readFinalPart(reader: ByteReader, rows: number): FinalPart {
  const [acceptedHeight, finalHeight, debited, refunded] = [reader.u64(), reader.u64(), reader.u64(), reader.u64()];
  const exceptions = readExceptions(reader, reader.u32(), rows);
  const [index, size] = [readSafeNumber(reader, "log index"), readSafeNumber(reader, "log size")];
  const peaks = readDigests(reader, reader.u8());
  const log = { size, peaks, inclusion: { index, siblings: readDigests(reader, reader.u8()) } };
  return { acceptedHeight, finalHeight, debited, refunded, exceptions, log };
}

function readChainPart(reader: ByteReader, chainId: ChainId): ChainPart {
  const storeProof = readBytes32(reader, "store proof");
  const { offset } = reader;
  const count = reader.u16();
  if (count === 0) throw new DecodeError("out-of-range", offset, "at least one light block", "0");
  return { storeProof, path: Array.from({ length: count }, () => readLightBlock(reader, chainId)) };
}

function readSafeNumber(reader: ByteReader, field: string): number {
  const { offset } = reader;
  const value = reader.u64();
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError("out-of-range", offset, `${field} below 2^53`, String(value));
  return Number(value);
}

function readDigests(reader: ByteReader, count: number): Digest[] {
  return Array.from({ length: count }, () => digest(reader.fixed(DIGEST_BYTES, "digest")));
}
