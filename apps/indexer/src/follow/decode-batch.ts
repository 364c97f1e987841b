import type { CommittedBlock, CommittedMessage, CommittedTx } from "@lamina/chain-client";
import { typedEvent } from "@lamina/chain-client";
import {
  type Batch,
  computeJobId,
  decodeBatch,
  decodeForcedRun,
  headersOfBatch,
  jobOfRow,
  type PlacedHeader,
  type PostedBody,
  type Row,
  rowsRoot,
} from "@lamina/codec";
import { type ChainId, toHex } from "@lamina/primitives";
import { rollup } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import type { ChangesBuilder, Line } from "./changes.ts";
import { type Exceptions, exceptionsOf, outcomeAt } from "./exceptions.ts";
import { IndexStateError } from "./index-state-error.ts";

/** What lines of rows need beside the rows. */
export interface BatchContext {
  readonly block: CommittedBlock;
  readonly tx: CommittedTx;
  readonly message: CommittedMessage;
  /** The operator that a signing key names; the chain has accepted the row, so it is known. */
  readonly operatorOf: (key: Uint8Array) => string;
  readonly sequencerKey: (term: bigint) => Uint8Array | undefined;
}

/** Lines of an accepted batch. A repeated submission emits no acceptance and changes nothing (T33). */
export function addBatch(changes: ChangesBuilder, posted: Uint8Array, submitter: string, context: BatchContext): void {
  const accepted = context.message.events.map((event) => typedEvent(rollup.EventBatchAcceptedSchema, event)).find((event) => event !== undefined);
  if (accepted === undefined) return;
  const { block, tx } = context;
  const batch = decodeBatch(posted);
  const headers = headersOfBatch(block.chainId as ChainId, batch);
  changes.batches.push({
    batch_id: bytea(accepted.batchId),
    term: `${batch.term}`,
    first_number: `${batch.firstNumber}`,
    blocks: batch.blocks.length,
    rows: accepted.rows,
    bytes: posted.length,
    height: `${block.height}`,
    time: new Date(block.timeMs).toISOString(),
    tx_hash: bytea(tx.hash),
    gas_used: `${tx.gasUsed}`,
    submitter,
  });
  const pending = pendingEvents(context);
  headers.forEach((header, index) => addBlock(changes, batch, header, index, { ...context, batchId: accepted.batchId, pending: pending[index] }));
}

interface BlockContext extends BatchContext {
  readonly batchId: Uint8Array;
  readonly pending: rollup.EventBlockPending | undefined;
}

function addBlock(changes: ChangesBuilder, batch: Batch, { header, hash }: PlacedHeader, index: number, context: BlockContext): void {
  const { block, tx, batchId } = context;
  const posted = batch.blocks[index];
  const pending = context.pending;
  if (posted === undefined || pending === undefined || toHex(pending.headerHash) !== toHex(hash)) {
    throw new IndexStateError(block.height, `a pending event for header ${toHex(hash)}`, pending === undefined ? "none" : toHex(pending.headerHash));
  }
  const exceptions = exceptionsOf(pending.exceptions);
  const place = { kind: 1, term: `${header.term}`, number: `${header.number}` };
  changes.blocks.push({
    ...place,
    ...linesOfBody(posted, header.rows, header.runs),
    header_hash: bytea(hash),
    parent: bytea(header.parent),
    rows_root: bytea(header.rowsRoot),
    charges_ulam: `${header.charges}`,
    signature: bytea(posted.signature),
    sequencer_key: byteaOrNull(context.sequencerKey(header.term)),
    batch_id: bytea(batchId),
    ...pendingLine(pending, block, tx, exceptions),
  });
  addResults(changes, posted, place, exceptions, context);
}

/** Lines of a forced run. */
export function addForced(changes: ChangesBuilder, posted: Uint8Array, context: BatchContext): void {
  const { block, tx } = context;
  const [pending] = pendingEvents(context);
  if (pending === undefined) throw new IndexStateError(block.height, "a pending event for a forced run", "none");
  const forced = decodeForcedRun(posted);
  const body: PostedBody = { ...forced, runs: [forced.run] };
  const exceptions = exceptionsOf(pending.exceptions);
  const place = { kind: 2, term: "0", number: `${pending.number}` };
  changes.blocks.push({
    ...place,
    ...linesOfBody(body, forced.rows.length, 1),
    header_hash: bytea(pending.headerHash),
    parent: null,
    rows_root: bytea(rowsRoot(forced.rows)),
    charges_ulam: `${forced.rows.reduce((sum, row) => sum + row.charge, 0n)}`,
    signature: null,
    sequencer_key: null,
    batch_id: null,
    ...pendingLine(pending, block, tx, exceptions),
  });
  addResults(changes, body, place, exceptions, context);
}

function pendingEvents({ message }: BatchContext): rollup.EventBlockPending[] {
  return message.events.flatMap((event) => typedEvent(rollup.EventBlockPendingSchema, event) ?? []);
}

function linesOfBody(body: PostedBody, rows: number, runs: number): Line {
  return { rows, runs, level: body.level, param: body.param, reference_height: `${body.referenceHeight}` };
}

function pendingLine(pending: rollup.EventBlockPending, block: CommittedBlock, tx: CommittedTx, exceptions: Exceptions): Line {
  return {
    tx_hash: bytea(tx.hash),
    accepted_height: `${block.height}`,
    debited_ulam: `${pending.debited}`,
    exceptions,
    final_height: null,
    refunded_ulam: null,
    final_log_index: null,
    final_record: null,
  };
}

function addResults(changes: ChangesBuilder, body: PostedBody, place: Line, exceptions: Exceptions, context: BatchContext): void {
  const chainId = context.block.chainId as ChainId;
  const operators = new Map(body.runs.map(({ worker }) => [toHex(worker), context.operatorOf(worker)]));
  body.rows.forEach((row, position) => {
    const { outcome, reason } = outcomeAt(exceptions, position);
    changes.results.push({
      ...place,
      position,
      job_id: bytea(computeJobId(chainId, jobOfRow(row))),
      operator_id: operators.get(toHex(row.worker)) ?? "",
      ...lineOfRow(row),
      accepted_height: `${context.block.height}`,
      outcome,
      reason,
    });
  });
}

function lineOfRow(row: Row): Line {
  return {
    worker: bytea(row.worker),
    incarnation: row.incarnation,
    log_index: `${row.index}`,
    lane: `${row.lane}`,
    nonce: row.nonce,
    model_id: bytea(row.model),
    profile: row.profile,
    items: row.items,
    unit_price_ulam: `${row.unitPrice}`,
    ceiling_ulam: `${row.ceiling}`,
    settle_by: `${row.settleBy}`,
    units: `${row.units}`,
    charge_ulam: `${row.charge}`,
    h: bytea(row.h),
    output: bytea(row.output),
  };
}

function byteaOrNull(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : bytea(bytes);
}
