import { type CommittedTx, typedEvent } from "@lamina/chain-client";
import { type Batch, batchIdOf, decodeBatch, decodeForcedRun, forcedHeaderHash, headersOfBatch, type PostedBody, rowsRoot } from "@lamina/codec";
import { type Digest, toHex } from "@lamina/primitives";
import { rollup } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import type { Line } from "./changes.ts";
import { type Exceptions, exceptionsOf, outcomeAt } from "./exceptions.ts";
import { type HeightContext, hold, known, violate } from "./height-context.ts";
import { JobIds } from "./job-ids.ts";
import { placeOf, takeNumber } from "./ledger.ts";
import { feeOf, PaidRows } from "./paid-rows.ts";

/** The transaction that posted a batch or a forced run. */
export interface Posting {
  readonly tx: CommittedTx;
  readonly submitter: string;
}

/** Lines of an accepted batch. A repeated submission emits no acceptance and changes nothing (T33). */
export function addBatch(context: HeightContext, posted: Uint8Array, posting: Posting): void {
  const events = context.message?.events ?? [];
  const accepted = events.map((event) => typedEvent(rollup.EventBatchAcceptedSchema, event)).find((event) => event !== undefined);
  if (accepted === undefined) return;
  const { block, chainId, changes, ledger } = context;
  const batch = decodeBatch(posted);
  hold(context, "I32", `batch ${toHex(accepted.batchId)}`, toHex(batchIdOf(chainId, batch)), toHex(accepted.batchId));
  changes.batches.push({
    id: `${takeNumber(ledger, "batches")}`,
    batch_id: bytea(accepted.batchId),
    term: `${batch.term}`,
    first_number: `${batch.firstNumber}`,
    blocks: batch.blocks.length,
    rows: accepted.rows,
    bytes: posted.length,
    height: `${block.height}`,
    time: new Date(block.timeMs).toISOString(),
    tx_hash: bytea(posting.tx.hash),
    gas_used: `${posting.tx.gasUsed}`,
    submitter: posting.submitter,
  });
  addBlocks(context, batch, accepted.batchId, posting);
}

function addBlocks(context: HeightContext, batch: Batch, batchId: Uint8Array, posting: Posting): void {
  const pending = pendingEvents(context);
  headersOfBatch(context.chainId, batch).forEach(({ header, hash }, index) => {
    const body = known(context, batch.blocks[index], `block ${header.number} of a batch`);
    const line = {
      kind: 1,
      parent: bytea(header.parent),
      signature: bytea(body.signature),
      sequencer_key: bytea(known(context, context.ledger.sequencers.get(header.term), `the sequencer of term ${header.term}`)),
      batch_id: bytea(batchId),
      reference_height: `${header.referenceHeight}`,
    };
    const told = known(context, pending[index], `a pending event for block ${header.number}`);
    addBlock(context, body, { headerHash: hash, rowsRoot: header.rowsRoot, charges: header.charges, term: header.term, told, line, posting });
  });
}

/** Lines of a forced run. */
export function addForced(context: HeightContext, posted: Uint8Array, posting: Posting): void {
  const { chainId, block } = context;
  const forced = decodeForcedRun(posted);
  const told = known(context, pendingEvents(context)[0], "a pending event for a forced run");
  const root = rowsRoot(forced.rows);
  const charges = forced.rows.reduce((sum, row) => sum + row.charge, 0n);
  const { level, param, rows, referenceHeight } = forced;
  const place = { chainId, sequence: told.number, level, param, acceptedHeight: block.height };
  const headerHash = forcedHeaderHash({ ...place, rows: rows.length, charges, rowsRoot: root });
  const line = { kind: 2, parent: null, signature: null, sequencer_key: null, batch_id: null, reference_height: `${referenceHeight}` };
  addBlock(context, { ...forced, runs: [forced.run] }, { headerHash, rowsRoot: root, charges, term: 0n, told, line, posting });
}

function pendingEvents({ message }: HeightContext): rollup.EventBlockPending[] {
  return (message?.events ?? []).flatMap((event) => typedEvent(rollup.EventBlockPendingSchema, event) ?? []);
}

interface AcceptedBlock {
  readonly headerHash: Digest;
  readonly rowsRoot: Digest;
  readonly charges: bigint;
  readonly term: bigint;
  readonly told: rollup.EventBlockPending;
  /** Columns that only one kind has. */
  readonly line: Line & { readonly kind: number };
  readonly posting: Posting;
}

function addBlock(context: HeightContext, body: PostedBody, accepted: AcceptedBlock): void {
  const { block, changes, ledger } = context;
  const { headerHash, told, line, term } = accepted;
  const id = takeNumber(ledger, "blocks");
  const firstResult = ledger.next.results;
  const exceptions = exceptionsOf(told.exceptions);
  hold(context, "I19", `block ${id}`, toHex(headerHash), toHex(told.headerHash));
  const common = { kind: line.kind, term, number: told.number, rows: body.rows.length, firstResult, acceptedHeight: block.height };
  const money = { debited: told.debited, exceptions, workers: 0n, sequencer: 0n, protocol: 0n, refunded: 0n };
  const place = placeOf(line.kind, told.number);
  if (ledger.pending.has(place)) violate(context, "I10", `block ${id}`, `no pending block ${place}`, "one");
  ledger.pending.set(place, { id, ...common, ...money, headerHash: toHex(headerHash), rowsRoot: toHex(accepted.rowsRoot) });
  addRuns(context, body, id);
  const fee = addResults(context, body, { id, firstResult, exceptions, debited: told.debited });
  changes.blocks.push({
    ...line,
    id: `${id}`,
    term: `${term}`,
    number: `${told.number}`,
    rows: body.rows.length,
    first_result: `${firstResult}`,
    level: body.level,
    param: body.param,
    header_hash: bytea(headerHash),
    rows_root: bytea(accepted.rowsRoot),
    charges_ulam: `${accepted.charges}`,
    tx_hash: bytea(accepted.posting.tx.hash),
    submitter: accepted.posting.submitter,
    accepted_height: `${block.height}`,
    debited_ulam: `${told.debited}`,
    signature_fee_ulam: `${fee}`,
    exceptions,
  });
}

function addRuns(context: HeightContext, { runs }: PostedBody, blockId: bigint): void {
  let position = 0;
  for (const run of runs) {
    context.changes.runs.push({
      block_id: `${blockId}`,
      position,
      rows: run.count,
      key_id: keyIdOf(context, run.worker),
      incarnation: run.incarnation,
      start: `${run.start}`,
      previous_head: bytea(run.previousHead),
      signature: bytea(run.signature),
    });
    position += run.count;
  }
}

interface BlockOfRows {
  readonly id: bigint;
  readonly firstResult: bigint;
  readonly exceptions: Exceptions;
  readonly debited: bigint;
}

/** Lines of a block's rows; takes their debits from the lanes. Gives the fee of each individually signed row. */
function addResults(context: HeightContext, body: PostedBody, of: BlockOfRows): bigint {
  const { changes, ledger, chainId } = context;
  const keyIds = new Map(body.runs.map(({ worker }) => [worker, keyIdOf(context, worker)]));
  const signedLanes = new Set(body.authorisations.filter(({ mode }) => mode === "each").map(({ lane }) => lane));
  // The rows of a run share one key, those of a model one id: each is looked up once.
  const modelNos = new Map<Uint8Array, number>();
  const modelNoOf = (model: Uint8Array): number => {
    const found = modelNos.get(model) ?? known(context, ledger.models.get(toHex(model)), "a model that was registered before");
    modelNos.set(model, found);
    return found;
  };
  const jobIds = new JobIds(chainId);
  const paid = new PaidRows();
  body.rows.forEach((row, position) => {
    const { outcome, reason } = outcomeAt(of.exceptions, position);
    const isSigned = signedLanes.has(row.lane);
    if (outcome === "paid") paid.add(row, isSigned);
    changes.results.add(row, {
      id: of.firstResult + BigInt(position),
      blockId: of.id,
      keyId: keyIds.get(row.worker) ?? keyIdOf(context, row.worker),
      modelNo: modelNoOf(row.model),
      isSigned,
      jobId: jobIds.of(row),
      outcome,
      reason,
    });
  });
  ledger.next.results += BigInt(body.rows.length);
  const fee = feeOf(context, paid, of);
  for (const [lane, { charges, signed }] of paid.lanes) debit(context, lane, charges + fee * signed, of.id);
  return fee;
}

function debit(context: HeightContext, id: bigint, amount: bigint, block: bigint): void {
  const lane = known(context, context.ledger.lanes.get(id), `lane ${id}, which pays for rows`);
  lane.balance -= amount;
  context.changes.movedLanes.add(id);
  if (lane.balance < 0n) violate(context, "I2", `block ${block}: lane ${id}`, "a balance of 0 or more", lane.balance);
}

function keyIdOf(context: HeightContext, worker: Uint8Array): number {
  return known(context, context.ledger.keys.get(toHex(worker)), "a signing key that was registered before").keyId;
}
