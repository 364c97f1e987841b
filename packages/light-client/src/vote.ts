import { type BlockId, blockIdProtobuf } from "./header.ts";
import { lengthDelimited, ProtobufWriter } from "./protobuf-writer.ts";
import { type Timestamp, timestampProtobuf } from "./timestamp.ts";

/** One validator's precommit for one block. */
export interface Precommit {
  readonly chainId: string;
  readonly height: bigint;
  readonly round: number;
  readonly blockId: BlockId;
  /** When this validator says it voted: each vote has its own. */
  readonly time: Timestamp;
}

const precommitType = 2;

/** The bytes a validator signs: tendermint.types.CanonicalVote behind its length. Source: CometBFT v0.40.0 types/vote.go, VoteSignBytes; types/canonical.go. */
export function precommitSignBytes(vote: Precommit): Uint8Array {
  const canonical = new ProtobufWriter()
    .varint(1, precommitType)
    .sfixed64(2, vote.height)
    .sfixed64(3, BigInt(vote.round))
    .message(4, blockIdProtobuf(vote.blockId))
    .message(5, timestampProtobuf(vote.time))
    .string(6, vote.chainId);
  return lengthDelimited(canonical.finish());
}
