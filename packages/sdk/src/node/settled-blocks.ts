import { fromBinary } from "@bufbuild/protobuf";
import { type CommittedBlock, type CommittedMessage, typedEvent } from "@lamina/chain-client";
import {
  type BlockHeader,
  batchIdOf,
  decodeBatch,
  decodeForcedRun,
  encodeExceptions,
  encodeFinalRecord,
  type ForcedHeader,
  headersOfBatch,
  type Outcome,
  type Row,
  rowLeafHash,
  rowsRoot,
  sumCharges,
} from "@lamina/codec";
import { type BatchId, bytesEqual, type ChainId, type Digest, digest, type Signature } from "@lamina/primitives";
import { rollup, rollupTx } from "@lamina/protocol";

/** A block as the chain accepted it, with the place of one row in it. */
export type PlacedRow = { readonly acceptedHeight: bigint; readonly rowHashes: readonly Digest[]; readonly index: number } & (
  | { readonly kind: "block"; readonly header: BlockHeader; readonly signature: Signature; readonly batchId: BatchId }
  | { readonly kind: "forced"; readonly header: ForcedHeader }
);

/** How a block ended, as the chain announced it. */
export interface EndedBlock {
  readonly kind: PlacedRow["kind"];
  readonly term: bigint;
  readonly number: bigint;
  readonly logIndex: bigint;
  /** The final record's bytes, and its exception runs'. */
  readonly record: Uint8Array;
  readonly exceptions: Uint8Array;
}

/** Where `row` stands among what one height accepted; undefined where it does not. A batch that was repeated accepts nothing (T33). Throws `DecodeError`. */
export function placeOfRow(block: CommittedBlock, row: Row): PlacedRow | undefined {
  for (const { messages } of block.transactions) {
    for (const message of messages) {
      const found = placeInMessage(message, block, rowLeafHash(row));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function placeInMessage(message: CommittedMessage, block: CommittedBlock, leafHash: Digest): PlacedRow | undefined {
  const pending = message.events.flatMap((event) => typedEvent(rollup.EventBlockPendingSchema, event) ?? []);
  if (pending.length === 0) return undefined;
  const chainId = block.chainId as ChainId;
  if (message.typeName === rollupTx.MsgSubmitBatchSchema.typeName)
    return placeInBatch(fromBinary(rollupTx.MsgSubmitBatchSchema, message.value).batch, chainId, block.height, leafHash);
  if (message.typeName !== rollupTx.MsgForceIncludeSchema.typeName) return undefined;
  const { level, param, rows } = decodeForcedRun(fromBinary(rollupTx.MsgForceIncludeSchema, message.value).run);
  const place = placeAmong(rows, leafHash);
  if (place === undefined) return undefined;
  const shared = { level, param, acceptedHeight: block.height, rows: rows.length, charges: sumCharges(rows), rowsRoot: rowsRoot(rows) };
  return { kind: "forced", header: { chainId, sequence: pending[0]?.number ?? 0n, ...shared }, acceptedHeight: block.height, ...place };
}

function placeInBatch(bytes: Uint8Array, chainId: ChainId, acceptedHeight: bigint, leafHash: Digest): PlacedRow | undefined {
  const batch = decodeBatch(bytes);
  const headers = headersOfBatch(chainId, batch);
  for (const [at, { rows, signature }] of batch.blocks.entries()) {
    const place = placeAmong(rows, leafHash);
    const header = headers[at]?.header;
    if (place !== undefined && header !== undefined)
      return { kind: "block", header, signature, batchId: batchIdOf(chainId, batch), acceptedHeight, ...place };
  }
  return undefined;
}

function placeAmong(rows: readonly Row[], leafHash: Digest): Pick<PlacedRow, "rowHashes" | "index"> | undefined {
  const rowHashes = rows.map(rowLeafHash);
  const index = rowHashes.findIndex((each) => bytesEqual(each, leafHash));
  return index === -1 ? undefined : { rowHashes, index };
}

/** Blocks that became final at one height, in the order of the final log. */
export function endedBlocks(block: CommittedBlock): EndedBlock[] {
  return block.events.flatMap((event): EndedBlock[] => {
    const ended = typedEvent(rollup.EventBlockFinalSchema, event);
    if (ended?.record === undefined) return [];
    const { record, exceptions, logIndex } = ended;
    const bytes = encodeFinalRecord({
      ...record,
      kind: record.kind === 2 ? 2 : 1,
      headerHash: digest(record.headerHash),
      rowsRoot: digest(record.rowsRoot),
      exceptionsDigest: digest(record.exceptionsDigest),
    });
    const runs = exceptions.map((each) => ({ ...each, outcome: each.outcome as Outcome }));
    return [
      {
        kind: record.kind === 2 ? "forced" : "block",
        term: record.term,
        number: record.number,
        logIndex,
        record: bytes,
        exceptions: encodeExceptions(runs),
      },
    ];
  });
}
