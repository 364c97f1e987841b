import { merkleRoot } from "@lamina/merkle";
import { type Digest, encodeUtf8 } from "@lamina/primitives";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { type Timestamp, timestampProtobuf } from "./timestamp.ts";

/** What a vote names: the header's hash and the parts that the block was gossiped in. Empty hashes only before the first block. */
export interface BlockId {
  readonly hash: Uint8Array;
  readonly partsTotal: number;
  readonly partsHash: Uint8Array;
}

/** A CometBFT block header, field for field. Hashes are 32 bytes, the proposer's address 20; some are empty in the first block alone. */
export interface Header {
  readonly blockVersion: bigint;
  readonly appVersion: bigint;
  readonly chainId: string;
  readonly height: bigint;
  readonly time: Timestamp;
  readonly lastBlockId: BlockId;
  readonly lastCommitHash: Uint8Array;
  readonly dataHash: Uint8Array;
  readonly validatorsHash: Uint8Array;
  readonly nextValidatorsHash: Uint8Array;
  readonly consensusHash: Uint8Array;
  /** Root of the application's state after the block *before* this one. */
  readonly appHash: Uint8Array;
  readonly lastResultsHash: Uint8Array;
  readonly evidenceHash: Uint8Array;
  readonly proposerAddress: Uint8Array;
}

/** The block protocol of CometBFT 0.38 … 0.40, whose hashing rules this package knows. */
export const blockProtocol = 11n;

/** Hash that the validators sign: the RFC 6962 root over the fourteen fields, each wrapped as protobuf. Source: CometBFT v0.40.0 types/block.go, Header.Hash. */
export function hashHeader(header: Header): Digest {
  return merkleRoot([
    new ProtobufWriter().varint(1, header.blockVersion).varint(2, header.appVersion).finish(),
    wrapBytes(encodeUtf8(header.chainId)),
    new ProtobufWriter().varint(1, header.height).finish(),
    timestampProtobuf(header.time),
    blockIdProtobuf(header.lastBlockId),
    wrapBytes(header.lastCommitHash),
    wrapBytes(header.dataHash),
    wrapBytes(header.validatorsHash),
    wrapBytes(header.nextValidatorsHash),
    wrapBytes(header.consensusHash),
    wrapBytes(header.appHash),
    wrapBytes(header.lastResultsHash),
    wrapBytes(header.evidenceHash),
    wrapBytes(header.proposerAddress),
  ]);
}

/** tendermint.types.BlockID and CanonicalBlockID, whose bytes are the same. */
export function blockIdProtobuf(blockId: BlockId): Uint8Array {
  const parts = new ProtobufWriter().varint(1, blockId.partsTotal).bytes(2, blockId.partsHash).finish();
  return new ProtobufWriter().bytes(1, blockId.hash).message(2, parts).finish();
}

/** google.protobuf.BytesValue and StringValue. */
function wrapBytes(value: Uint8Array): Uint8Array {
  return new ProtobufWriter().bytes(1, value).finish();
}
