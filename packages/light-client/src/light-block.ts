import { type ByteReader, type ByteWriter, DecodeError, DIGEST_BYTES, SIGNATURE_BYTES } from "@lamina/primitives";
import type { Commit, CommitSignature, SignedBlock } from "./commit.ts";
import type { Header } from "./header.ts";
import { readTimestamp, type Timestamp, writeTimestamp } from "./timestamp.ts";
import { hashValidatorSet, readValidatorSet, type ValidatorSet, writeValidatorSet } from "./validator-set.ts";

/** Which set the reader trusts when it comes to a block. The lowest that is true must be named, so that there is one spelling. */
export type TrustedSet =
  /** The block's own validators: its `validatorsHash` is what the block before promised. */
  | { readonly kind: "own" }
  /** The validators of the block before: the set did not change right after it. */
  | { readonly kind: "previous" }
  | { readonly kind: "carried"; readonly validators: ValidatorSet };

/** One step of a trust path: a signed block with a minimal commit, and the set against which one third is counted. */
export interface LightBlock extends SignedBlock {
  readonly trusted: TrustedSet;
}

const addressBytes = 20;
const int63End = 1n << 63n;
const roundEnd = 2 ** 31;
const trustedKinds = ["own", "previous", "carried"] as const;

/** Writes a light block. Its `validatorsHash`, block hash and chain id are left out: they follow from the rest. Source: docs/spec/receipt.md, *Light block*. */
export function writeLightBlock(writer: ByteWriter, block: LightBlock): void {
  writeHeader(writer, block.header);
  writeValidatorSet(writer, block.validators);
  writer.u8(trustedKinds.indexOf(block.trusted.kind));
  if (block.trusted.kind === "carried") writeValidatorSet(writer, block.trusted.validators);
  writeCommit(writer, block.commit, block.validators.length);
}

/** Reads what `writeLightBlock` writes. Throws `DecodeError`. */
export function readLightBlock(reader: ByteReader, chainId: string): LightBlock {
  const fields = readHeader(reader, chainId);
  const validators = readValidatorSet(reader);
  const header = { ...fields, validatorsHash: hashValidatorSet(validators) };
  return { header, validators, trusted: readTrustedSet(reader), commit: readCommit(reader, validators.length) };
}

function writeHeader(writer: ByteWriter, header: Header): void {
  const { hash, partsTotal, partsHash } = header.lastBlockId;
  writer.u64(header.blockVersion).u64(header.appVersion).u64(header.height);
  writeTimestamp(writer, header.time);
  writer.fixed(hash, DIGEST_BYTES).u32(partsTotal).fixed(partsHash, DIGEST_BYTES);
  const digests = [
    header.lastCommitHash,
    header.dataHash,
    header.nextValidatorsHash,
    header.consensusHash,
    header.appHash,
    header.lastResultsHash,
    header.evidenceHash,
  ];
  for (const digest of digests) writer.fixed(digest, DIGEST_BYTES);
  writer.fixed(header.proposerAddress, addressBytes);
}

function readHeader(reader: ByteReader, chainId: string): Omit<Header, "validatorsHash"> {
  const digest = (field: string) => reader.fixed(DIGEST_BYTES, field);
  const [blockVersion, appVersion] = [reader.u64(), reader.u64()];
  const { offset } = reader;
  const height = reader.u64();
  if (height >= int63End) throw new DecodeError("out-of-range", offset, "a height below 2^63", String(height));
  return {
    blockVersion,
    appVersion,
    chainId,
    height,
    time: readTimestamp(reader),
    lastBlockId: { hash: digest("last block hash"), partsTotal: reader.u32(), partsHash: digest("last parts hash") },
    lastCommitHash: digest("last commit hash"),
    dataHash: digest("data hash"),
    nextValidatorsHash: digest("next validators hash"),
    consensusHash: digest("consensus hash"),
    appHash: digest("app hash"),
    lastResultsHash: digest("last results hash"),
    evidenceHash: digest("evidence hash"),
    proposerAddress: reader.fixed(addressBytes, "proposer address"),
  };
}

function readTrustedSet(reader: ByteReader): TrustedSet {
  const { offset } = reader;
  const code = reader.u8();
  const kind = trustedKinds[code];
  if (kind === undefined) throw new DecodeError("unexpected-value", offset, "a trusted set's kind 0…2", String(code));
  return kind === "carried" ? { kind, validators: readValidatorSet(reader) } : { kind };
}

function writeCommit(writer: ByteWriter, commit: Commit, validators: number): void {
  writer.u32(commit.round).u32(commit.partsTotal).fixed(commit.partsHash, DIGEST_BYTES);
  const bitmap = new Uint8Array(Math.ceil(validators / 8));
  for (const { validator } of commit.signatures) bitmap[validator >> 3] = (bitmap[validator >> 3] ?? 0) | (0x80 >> (validator & 7));
  writer.fixed(bitmap);
  for (const { time, signature } of commit.signatures) {
    writeTimestamp(writer, time);
    writer.fixed(signature, SIGNATURE_BYTES);
  }
}

function readCommit(reader: ByteReader, validators: number): Commit {
  const start = reader.offset;
  const round = reader.u32();
  if (round >= roundEnd) throw new DecodeError("out-of-range", start, "a round below 2^31", String(round));
  const [partsTotal, partsHash] = [reader.u32(), reader.fixed(DIGEST_BYTES, "parts hash")];
  const { offset } = reader;
  const bitmap = reader.fixed(Math.ceil(validators / 8), "signers");
  const signers = Array.from({ length: bitmap.length * 8 }, (_, at) => at).filter((at) => ((bitmap[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0);
  const stray = signers.find((signer) => signer >= validators);
  if (stray !== undefined) throw new DecodeError("unexpected-value", offset, `signers among ${validators} validators`, `validator ${stray}`);
  return { round, partsTotal, partsHash, signatures: signers.map((validator) => readSignature(reader, validator)) };
}

function readSignature(reader: ByteReader, validator: number): CommitSignature {
  const time: Timestamp = readTimestamp(reader);
  return { validator, time, signature: reader.fixed(SIGNATURE_BYTES, "commit signature") };
}
