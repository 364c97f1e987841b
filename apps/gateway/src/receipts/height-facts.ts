import { fromBinary } from "@bufbuild/protobuf";
import { type CommittedBlock, type CommittedMessage, type TxEvent, typedEvent } from "@lamina/chain-client";
import {
  decodeBatch,
  decodeForcedRun,
  encodeExceptions,
  encodeFinalRecord,
  encodeForcedHeader,
  forcedHeaderHash,
  headersOfBatch,
  type Outcome,
  type Row,
  rowLeafHash,
  rowsRoot,
  sumCharges,
} from "@lamina/codec";
import { type ChainId, concatBytes, digest } from "@lamina/primitives";
import { rollup, rollupTx } from "@lamina/protocol";

/** A block with its rows' leaf hashes, as announced or as posted. `number` of a forced run (kind 2) is its sequence, its term 0. */
export interface BlockSeen {
  readonly kind: 1 | 2;
  readonly term: bigint;
  readonly number: bigint;
  readonly header: Uint8Array;
  readonly headerHash: Uint8Array;
  readonly sequencerKey: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
  /** 32 bytes each. */
  readonly leafHashes: Uint8Array;
  readonly acceptedHeight: bigint | undefined;
  readonly batchId: Uint8Array | undefined;
}

export interface BlockEnd {
  readonly kind: number;
  readonly term: bigint;
  readonly number: bigint;
  readonly record: Uint8Array;
  readonly exceptions: Uint8Array;
  readonly logIndex: bigint;
}

/** What one height of the chain means for receipts. */
export interface HeightFacts {
  readonly height: bigint;
  readonly terms: readonly { readonly term: bigint; readonly key: Uint8Array }[];
  /** Accepted blocks that hold rows of the lanes asked for. */
  readonly accepted: readonly BlockSeen[];
  readonly final: readonly BlockEnd[];
}

export interface FactsContext {
  readonly chainId: ChainId;
  /** Whether a lane is one of this gateway's. */
  readonly isOurs: (lane: bigint) => boolean;
  /** The sequencer of a term; undefined where it is not known. */
  readonly keyOfTerm: (term: bigint) => Uint8Array | undefined;
}

/** Reads a committed height. Throws `DecodeError` or `EventShapeError` where the chain speaks another version. */
export function factsOfHeight(block: CommittedBlock, context: FactsContext): HeightFacts {
  const messages = block.transactions.flatMap(({ messages: all }) => all);
  const events = [...messages.flatMap((message) => message.events), ...block.events];
  const terms = events.flatMap((event) => termOf(event) ?? []);
  const keyOfTerm = (term: bigint) => terms.find((each) => each.term === term)?.key ?? context.keyOfTerm(term);
  return {
    height: block.height,
    terms,
    accepted: messages.flatMap((message) => acceptedBlocks(message, block.height, { ...context, keyOfTerm })),
    final: events.flatMap((event) => endOf(event) ?? []),
  };
}

function termOf(event: TxEvent): { term: bigint; key: Uint8Array } | undefined {
  const term = typedEvent(rollup.EventTermSchema, event)?.term;
  return term === undefined ? undefined : { term: term.term, key: term.key };
}

function endOf(event: TxEvent): BlockEnd | undefined {
  const ended = typedEvent(rollup.EventBlockFinalSchema, event);
  const record = ended?.record;
  if (ended === undefined || record === undefined) return undefined;
  const kind = record.kind === 2 ? 2 : 1;
  const bytes = encodeFinalRecord({
    ...record,
    kind,
    headerHash: digest(record.headerHash),
    rowsRoot: digest(record.rowsRoot),
    exceptionsDigest: digest(record.exceptionsDigest),
  });
  return {
    kind,
    term: record.term,
    number: record.number,
    record: bytes,
    exceptions: encodeExceptions(ended.exceptions.map((each) => ({ ...each, outcome: each.outcome as Outcome }))),
    logIndex: ended.logIndex,
  };
}

function acceptedBlocks(message: CommittedMessage, height: bigint, context: FactsContext): BlockSeen[] {
  const pending = message.events.flatMap((event) => typedEvent(rollup.EventBlockPendingSchema, event) ?? []);
  if (pending.length === 0) return [];
  if (message.typeName === rollupTx.MsgSubmitBatchSchema.typeName)
    return batchBlocks(fromBinary(rollupTx.MsgSubmitBatchSchema, message.value).batch, message, height, context);
  if (message.typeName === rollupTx.MsgForceIncludeSchema.typeName) {
    return forcedBlocks(fromBinary(rollupTx.MsgForceIncludeSchema, message.value).run, pending[0]?.number ?? 0n, height, context);
  }
  return [];
}

function batchBlocks(bytes: Uint8Array, message: CommittedMessage, height: bigint, context: FactsContext): BlockSeen[] {
  const batch = decodeBatch(bytes);
  const accepted = message.events.flatMap((event) => typedEvent(rollup.EventBatchAcceptedSchema, event) ?? []);
  const headers = headersOfBatch(context.chainId, batch);
  return batch.blocks.flatMap((posted, at): BlockSeen[] => {
    const placed = headers[at];
    const { rows } = posted;
    if (placed === undefined || !rows.some(({ lane }) => context.isOurs(lane))) return [];
    const { header, hash, bytes: headerBytes } = placed;
    return [
      {
        kind: 1,
        term: header.term,
        number: header.number,
        header: headerBytes,
        headerHash: hash,
        sequencerKey: context.keyOfTerm(header.term),
        signature: posted.signature,
        leafHashes: leafHashesOf(rows),
        acceptedHeight: height,
        batchId: accepted[0]?.batchId,
      },
    ];
  });
}

function forcedBlocks(bytes: Uint8Array, sequence: bigint, height: bigint, { chainId, isOurs }: FactsContext): BlockSeen[] {
  const { level, param, rows } = decodeForcedRun(bytes);
  if (!rows.some(({ lane }) => isOurs(lane))) return [];
  const header = { chainId, sequence, level, param, acceptedHeight: height, rows: rows.length, charges: sumCharges(rows), rowsRoot: rowsRoot(rows) };
  return [
    {
      kind: 2,
      term: 0n,
      number: sequence,
      header: encodeForcedHeader(header),
      headerHash: forcedHeaderHash(header),
      sequencerKey: undefined,
      signature: undefined,
      leafHashes: leafHashesOf(rows),
      acceptedHeight: height,
      batchId: undefined,
    },
  ];
}

function leafHashesOf(rows: readonly Row[]): Uint8Array {
  return concatBytes(...rows.map(rowLeafHash));
}
