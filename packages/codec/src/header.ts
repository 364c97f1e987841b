import { ByteReader, ByteWriter, type ChainId, DecodeError, type Digest, digest } from "@lamina/primitives";
import { chainIdBytes, expectTag, hash, readChainId, tagBytes, taggedHash } from "./hash.ts";

const BLOCK_TAG = "lamina/block/1";
const FORCED_TAG = "lamina/forced/1";

/** What the sequencer signs for a block. Amounts in ulam. Source: docs/spec/block.md. */
export interface BlockHeader {
  readonly chainId: ChainId;
  readonly term: bigint;
  /** Counts accepted blocks, from 1. */
  readonly number: bigint;
  /** The previous header's hash, `genesisParent` for block 1. */
  readonly parent: Digest;
  readonly level: number;
  readonly param: number;
  /** Chain height at whose state existence is judged; never falls from one block to the next. */
  readonly referenceHeight: bigint;
  readonly rows: number;
  readonly runs: number;
  /** Sum of the rows' charges. */
  readonly charges: bigint;
  readonly rowsRoot: Digest;
}

/** The header's bytes: they carry tag and chain id, so they are what is signed as well as what is hashed. Throws `EncodeError`. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return new ByteWriter()
    .fixed(tagBytes(BLOCK_TAG))
    .fixed(chainIdBytes(header.chainId))
    .u64(header.term)
    .u64(header.number)
    .fixed(header.parent, 32)
    .u8(header.level)
    .u8(header.param)
    .u64(header.referenceHeight)
    .u32(header.rows)
    .u32(header.runs)
    .u64(header.charges)
    .fixed(header.rowsRoot, 32)
    .finish();
}

/** Throws `DecodeError`; a header of no rows or no runs is none. */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const reader = new ByteReader(bytes);
  expectTag(reader, BLOCK_TAG);
  const header: BlockHeader = {
    chainId: readChainId(reader),
    term: reader.u64(),
    number: reader.u64(),
    parent: digest(reader.fixed(32, "parent")),
    level: reader.u8(),
    param: reader.u8(),
    referenceHeight: reader.u64(),
    rows: readCount(reader, "rows"),
    runs: readCount(reader, "runs"),
    charges: reader.u64(),
    rowsRoot: digest(reader.fixed(32, "rows root")),
  };
  reader.expectEnd();
  return header;
}

export function headerHash(header: BlockHeader): Digest {
  return hash(encodeHeader(header));
}

/** `parent` of block 1. */
export function genesisParent(chainId: ChainId): Digest {
  return taggedHash("lamina/genesis/1", chainIdBytes(chainId));
}

/** The header that the chain gives a forced run; nobody signs it. */
export interface ForcedHeader {
  readonly chainId: ChainId;
  /** Counts forced blocks, from 1. */
  readonly sequence: bigint;
  readonly level: number;
  readonly param: number;
  readonly acceptedHeight: bigint;
  readonly rows: number;
  readonly charges: bigint;
  readonly rowsRoot: Digest;
}

export function encodeForcedHeader(header: ForcedHeader): Uint8Array {
  return new ByteWriter()
    .fixed(tagBytes(FORCED_TAG))
    .fixed(chainIdBytes(header.chainId))
    .u64(header.sequence)
    .u8(header.level)
    .u8(header.param)
    .u64(header.acceptedHeight)
    .u32(header.rows)
    .u64(header.charges)
    .fixed(header.rowsRoot, 32)
    .finish();
}

export function decodeForcedHeader(bytes: Uint8Array): ForcedHeader {
  const reader = new ByteReader(bytes);
  expectTag(reader, FORCED_TAG);
  const header: ForcedHeader = {
    chainId: readChainId(reader),
    sequence: reader.u64(),
    level: reader.u8(),
    param: reader.u8(),
    acceptedHeight: reader.u64(),
    rows: readCount(reader, "rows"),
    charges: reader.u64(),
    rowsRoot: digest(reader.fixed(32, "rows root")),
  };
  reader.expectEnd();
  return header;
}

export function forcedHeaderHash(header: ForcedHeader): Digest {
  return hash(encodeForcedHeader(header));
}

/** A u32 that must not be 0. */
export function readCount(reader: ByteReader, field: string): number {
  const start = reader.offset;
  const count = reader.u32();
  if (count === 0) throw new DecodeError("out-of-range", start, `${field} of at least 1`, "0");
  return count;
}
